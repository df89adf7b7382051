// Runs before the first paint, so that a remembered theme never flashes in late. A classic script on purpose.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("gridpatrol.theme");
    if (theme === "dark" || theme === "light") root.dataset["theme"] = theme;
    root.lang = localStorage.getItem("gridpatrol.language") ?? root.lang;
  } catch {
    root.dataset["storage"] = "refused";
  }
})();
