import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { landPath, mapHeight, mapStep, mapWidth, onMap } from './world-map.ts';

/** The dots of the drawing, as a browser draws them from the dashes. */
const dots = [...landPath().matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)/g)].flatMap(([, x, y, length]) =>
  Array.from({ length: Math.floor(Number(length) / mapStep) + 1 }, (_, i) => ({ x: Number(x) + i * mapStep, y: Number(y) })),
);
const nearest = (longitude: number, latitude: number): number => {
  const { x, y } = onMap(longitude, latitude);
  return Math.min(...dots.map((dot) => Math.hypot(dot.x - x, dot.y - y)));
};

describe('the map', () => {
  it('holds the whole Earth, the equator and the meridian of Greenwich in its middle', () => {
    fc.assert(
      fc.property(fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true }), (longitude, latitude) => {
        const { x, y } = onMap(longitude, latitude);
        expect(x).toBeGreaterThanOrEqual(-0.01);
        expect(x).toBeLessThanOrEqual(mapWidth + 0.01);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(mapHeight);
      }),
    );
    expect(onMap(0, 0)).toEqual({ x: mapWidth / 2, y: mapHeight / 2 });
  });

  it('gives equal areas on the ground equal areas on the page', () => {
    // A thin band between two parallels: its area on a sphere is the difference of their sines.
    const share = (south: number, north: number): number => {
      let area = 0;
      const steps = 2000;
      for (let i = 0; i < steps; i++) {
        const [low, high] = [south + ((north - south) * i) / steps, south + ((north - south) * (i + 1)) / steps];
        const middle = (low + high) / 2;
        area += (onMap(180, middle).x - onMap(-180, middle).x) * (onMap(0, low).y - onMap(0, high).y);
      }
      return area / (Math.sin((north * Math.PI) / 180) - Math.sin((south * Math.PI) / 180));
    };
    for (const [south, north] of [
      [0, 10],
      [30, 40],
      [60, 70],
      [-80, -70],
    ] as const)
      expect(share(south, north) / share(-10, 0)).toBeCloseTo(1, 3);
  });

  it('has a dot for land and for small island States, and none in the open sea', () => {
    const half = Math.hypot(mapStep, mapStep) / 2;
    for (const [longitude, latitude] of [
      [0, 23],
      [-60, -10],
      [100, 60],
      [166.92, -0.55],
      [73.51, 4.18],
      [179.2, -8.52],
      [-61.75, 12.05],
      [55.45, -4.62],
    ] as const)
      expect(nearest(longitude, latitude), `${String(longitude)} ${String(latitude)}`).toBeLessThanOrEqual(half);
    for (const [longitude, latitude] of [
      [-30, 30],
      [-130, -30],
      [80, -30],
    ] as const)
      expect(nearest(longitude, latitude)).toBeGreaterThan(2 * mapStep);
  });
});
