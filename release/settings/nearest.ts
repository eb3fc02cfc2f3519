import { distance } from "fastest-levenshtein";

/** The known name that somebody most likely meant by `name`; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const far = Math.min(3, Math.max(1, Math.floor(name.length / 2.5)));
  const distances = known.map((each) => ({ each, distance: distance(name.toLowerCase(), each.toLowerCase()) }));
  const [nearest] = distances.filter((each) => each.distance <= far).toSorted((a, b) => a.distance - b.distance);
  return nearest?.each;
}
