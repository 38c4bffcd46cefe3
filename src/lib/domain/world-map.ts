/**
 * Where a place is on the map: the Equal Earth projection (Šavrič, Patterson, Jenny: The Equal Earth map projection, 2018), in which equal areas on the
 * ground are equal areas on the page.
 */
import { firstRow, landRuns } from './world-dots.ts';

/** Units of the drawing. */
export const mapWidth = 720;
export const mapHeight = 352;
/** From one dot of land to the next. */
export const mapStep = 5;

const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796];
const root = Math.sqrt(3) / 2;
/** Half of the equator's length in the projection of a sphere of radius 1. */
const halfWidth = Math.PI / (root * a1);

/** @param longitude and latitude in degrees; x grows to the east, y to the south */
export function onMap(longitude: number, latitude: number): { readonly x: number; readonly y: number } {
  const theta = Math.asin(root * Math.sin((latitude * Math.PI) / 180));
  const six = theta ** 6;
  const x = ((longitude * Math.PI) / 180) * (Math.cos(theta) / (root * (a1 + 3 * a2 * theta ** 2 + six * (7 * a3 + 9 * a4 * theta ** 2))));
  const y = theta * (a1 + a2 * theta ** 2 + six * (a3 + a4 * theta ** 2));
  const scale = mapWidth / 2 / halfWidth;
  return { x: mapWidth / 2 + x * scale, y: mapHeight / 2 - y * scale };
}

/** All land as one path of short strokes, which a dash of no length and a round end turn into dots. */
export function landPath(): string {
  return landRuns
    .split(' ')
    .flatMap((row, i) =>
      (row.match(/..../g) ?? []).map((run) => {
        const [begin, length] = [parseInt(run.slice(0, 2), 36), parseInt(run.slice(2), 36)];
        // The end lies a little behind the last dot, so that rounding does not lose it.
        return `M${String((begin + 0.5) * mapStep)} ${String((firstRow + i + 0.5) * mapStep)}h${String((length - 1) * mapStep + 0.1)}`;
      }),
    )
    .join('');
}
