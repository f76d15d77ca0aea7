/**
 * The browser tests as `npm test` runs them: web-test-runner.config.mjs, and beside its reporters one that writes the
 * counts as JSON to the file named by CLARA_TEST_COUNTS.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import base from '../../web-test-runner.config.mjs';

/**
 * @typedef {{ passed: boolean, skipped: boolean }} Test
 * @typedef {{ tests: Test[], suites: Suite[] }} Suite
 * @typedef {{ passed?: boolean, errors: unknown[], testResults?: Suite }} Session
 */

/**
 * @param {Suite | undefined} suite
 * @returns {Test[]}
 */
function testsOf(suite) {
  return suite === undefined ? [] : [...suite.tests, ...suite.suites.flatMap(testsOf)];
}

/**
 * A session that failed without a failed test (a file that does not load) is one failed test.
 * @param {Session[]} sessions
 */
export function countSessions(sessions) {
  const tests = sessions.flatMap((session) => testsOf(session.testResults));
  const passed = tests.filter((test) => test.passed).length;
  const skipped = tests.filter((test) => test.skipped).length;
  const broken = sessions.filter(
    (session) =>
      session.passed !== true && testsOf(session.testResults).every((test) => test.passed || test.skipped),
  ).length;
  return { passed, failed: tests.length - passed - skipped + broken, skipped };
}

const countReporter = {
  /** @param {{ sessions: Session[] }} result */
  stop({ sessions }) {
    const file = process.env.CLARA_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(countSessions(sessions)));
  },
};

export default {
  ...base,
  rootDir: fileURLToPath(new URL('../..', import.meta.url)),
  reporters: [...base.reporters, countReporter],
};
