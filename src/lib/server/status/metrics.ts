/** Figures of this process in Prometheus' text form (https://prometheus.io/docs/instrumenting/exposition_formats/). Nothing in them is about a person. */

import type { UpstreamStatus } from '../upstream/job.ts';

export interface Metrics {
  /** Counts an answered request. */
  answered(organ: string, status: number, seconds: number): void;
  /** @param pace median of the newest commits, in milliseconds; null where there were too few */
  text(upstream: UpstreamStatus, pace: number | null): string;
}

export function createMetrics(): Metrics {
  const requests = new Map<string, number>();
  const seconds = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string, amount: number): void => void counts.set(name, (counts.get(name) ?? 0) + amount);

  return {
    answered(organ, status, took) {
      add(requests, `organ="${organ}",status="${String(status)}"`, 1);
      add(seconds, `organ="${organ}"`, took);
    },
    text({ state, waiting, lastContact, bytes, refused }, pace) {
      const { rss, heapUsed } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const family = (name: string, type: string, help: string, lines: readonly (readonly [string, number])[]): string =>
        [
          `# HELP ${name} ${help}`,
          `# TYPE ${name} ${type}`,
          ...lines.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${String(value)}`),
        ].join('\n');
      return [
        family('perigee_requests_total', 'counter', 'Requests answered.', [...requests]),
        family('perigee_request_seconds_total', 'counter', 'Seconds until the head of the answer.', [...seconds]),
        family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', rss]]),
        family('nodejs_heap_used_bytes', 'gauge', 'Heap in use.', [['', heapUsed]]),
        family('process_cpu_seconds_total', 'counter', 'Processor time.', [['', (user + system) / 1e6]]),
        ...(pace === null ? [] : [family('perigee_commit_seconds', 'gauge', 'Median of the newest commits to disk.', [['', pace / 1000]])]),
        family('process_uptime_seconds', 'gauge', 'Time since the start.', [['', process.uptime()]]),
        ...(state === 'none'
          ? []
          : [
              family('perigee_upstream_waiting_documents', 'gauge', 'Documents that the parent does not have yet.', [['', waiting]]),
              family('perigee_upstream_refused_documents_total', 'counter', 'Documents that the parent refused.', [['', refused.count]]),
              family(
                'perigee_upstream_last_contact_seconds',
                'gauge',
                'When the parent last answered, in seconds since 1970; 0 for never.',
                [['', lastContact === null ? 0 : Date.parse(lastContact) / 1000]],
              ),
              family('perigee_upstream_bytes_total', 'counter', 'Bytes over the line to the parent.', [
                ['direction="sent"', bytes.sent],
                ['direction="received"', bytes.received],
              ]),
            ]),
        '',
      ].join('\n');
    },
  };
}
