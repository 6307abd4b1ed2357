// Something to send: two hills and a sun, as a PNG. The page may show no picture of another address than its own, not
// even the stand-in's, so it remembers which addresses it has put this one at; the others are links.
const DATA = [
  "iVBORw0KGgoAAAANSUhEUgAAAGAAAABACAMAAADS6oI8AAAADFBMVEXu9PoURjtf0KjwxFya/k61AAAAqklEQVR42u3UQQ6DMBBD0Xzn/ndm0Q",
  "1CFNwhroQ0/wB+m2TG6LruJc1P4fkYMWdYSANzhoUGGuiP9o9blL+mXdc9j/Q+pPejAmQFyAqQFSArQFaArABZAUxB0rL9M0EqCWAKUkkAU5BK",
  "ApiCVBLAFKSSAKYglQQwBakkgClIJQGvs3mLMPeRasLj/Rthwf6lsGT/Qli0/1VYtn8Q+DE57R90Yn8vDIV7P7ABJKoKbBaYf9MAAAAASUVORK",
  "5CYII=",
];

export const PICTURE = { name: "hills.png", media_type: "image/png", base64_data: DATA.join("") };

const PLACE = "evo pictures"; // in sessionStorage: as long as this tab
const known = new Set(JSON.parse(sessionStorage.getItem(PLACE) ?? "[]"));

export function remember(uri) {
  known.add(uri);
  sessionStorage.setItem(PLACE, JSON.stringify([...known]));
}

/** A data address of the picture that was put there, null for anything else. */
export const pictureAt = (uri) => (known.has(uri) ? `data:${PICTURE.media_type};base64,${PICTURE.base64_data}` : null);
