/** Photos on their way to the server: made small enough for a thin link, and without what the phone wrote beside them. */

/** As the server keeps them. */
const LONGEST_SIDE_PX = 2560;
const QUALITY = 0.88;
/** Small enough to go as it is, if it is a JPEG. */
const SMALL_BYTES = 300_000;

/** The same picture, smaller; a file that this browser cannot show goes as it is, for the server to judge. @param {File} file @returns {Promise<Blob>} */
export async function shrunk(file) {
  if (file.type === "image/jpeg" && file.size < SMALL_BYTES) return file;
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) return file;
  const ratio = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * ratio), Math.round(bitmap.height * ratio));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

/** Where the phone is, null where it does not say within some seconds. @returns {Promise<GeolocationCoordinates | null>} */
export function here() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) resolve(null);
    else navigator.geolocation.getCurrentPosition(({ coords }) => resolve(coords), () => resolve(null), { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 });
  });
}
