/**
 * The seeded fault runs, as many as wanted: `npm run simulate -- --runs 10000`. docs/simulation.md says what happens in them. The program itself is among
 * the tests (tests/simulation/command.ts), as it drives pages and nodes alike.
 */
await import(new URL('../tests/simulation/command.ts', import.meta.url).href);
