/** Paths that begin so are copies which the gateway sends to itself; no copy is made of them. */
export const mirrorPath = "/.mirror-";

/** What the switched off mirror at rest says: one in a hundred, if a hand switched it on. */
export const restMirrorRatio = 0.01;
