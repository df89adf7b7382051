/** The console begins: words first, so that nothing is ever shown in the wrong language. */
import { preferredLanguage, useLanguage } from "./language.js";

await preferredLanguage().then(useLanguage).catch((error) => console.error("no catalogue:", error.message));
await import("./elements/gp-app.js");
