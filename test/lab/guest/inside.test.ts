import { expect, it } from 'vitest';
import { innerTests, type Report } from '../../guest/inside.js';

it('every test of a report is told, a file that has none is a failure', () => {
  const root = process.cwd();
  const test = (title: string, status: string, failureMessages: string[] = []) => ({
    ancestorTitles: ['outer', 'inner'],
    title,
    status,
    failureMessages,
  });
  const report: Report = {
    testResults: [
      {
        name: `${root}/test/guest/a.guest.ts`,
        message: '',
        assertionResults: [
          test('one', 'passed'),
          test('two', 'failed', ['expected 1 to be 2']),
          test('three', 'skipped'),
          test('four', 'unheard of'),
        ],
      },
      { name: `${root}/test/guest/b.guest.ts`, message: 'Cannot find x', assertionResults: [] },
    ],
  };
  expect(innerTests(report).map((t) => `${t.file} ${t.name}: ${t.state} ${t.message}`)).toEqual([
    'test/guest/a.guest.ts outer > inner > one: passed ',
    'test/guest/a.guest.ts outer > inner > two: failed expected 1 to be 2',
    'test/guest/a.guest.ts outer > inner > three: skipped ',
    'test/guest/a.guest.ts outer > inner > four: failed ',
    'test/guest/b.guest.ts is collected: failed Cannot find x',
  ]);
});
