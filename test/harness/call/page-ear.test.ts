import { test } from 'node:test';
import assert from 'node:assert/strict';
import { PageEar } from '../../../harness/call/page-ear.ts';
import type { ProbeReport } from '../../../src/shared/probe-report.ts';

const phase = (name: string): ProbeReport => ({ kind: 'phase', phase: name, at: { monoMs: 1, wallMs: 1 } });
const is = (name: string) => (report: ProbeReport) => report.kind === 'phase' && report.phase === name;

test('a report that was there before is found at once', async () => {
  const ear = new PageEar();
  ear.hear(phase('connected'));
  assert.deepEqual(await ear.until(is('connected'), new AbortController().signal), phase('connected'));
});

test('a report that comes later ends the wait', async () => {
  const ear = new PageEar();
  const waiting = ear.until(is('ended'), new AbortController().signal);
  ear.hear(phase('connected'));
  ear.hear(phase('ended'));
  assert.deepEqual(await waiting, phase('ended'));
});

test('an aborted wait rejects with the reason', async () => {
  const ear = new PageEar();
  const over = new AbortController();
  const waiting = ear.until(is('ended'), over.signal);
  over.abort('enough');
  await assert.rejects(waiting, (reason) => reason === 'enough');
  await assert.rejects(ear.until(is('ended'), over.signal), (reason) => reason === 'enough');
});
