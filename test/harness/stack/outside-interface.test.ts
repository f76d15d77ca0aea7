import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { PartMissingError } from '../../../harness/parts/part-missing-error.ts';
import { outsideInterface, requireOutsideInterface } from '../../../harness/stack/outside-interface.ts';

function address(internal: boolean): NetworkInterfaceInfo {
  return { address: '10.0.0.1', netmask: '255.0.0.0', family: 'IPv4', mac: '', internal, cidr: null };
}

test('an interface beside loopback is named', () => {
  assert.equal(outsideInterface({ lo: [address(true)], eth0: [address(false)] }), 'eth0');
});

test('loopback alone is a missing part, and the message says what helps', () => {
  assert.throws(
    () => requireOutsideInterface({ lo: [address(true)] }),
    (error: unknown) => {
      assert.ok(error instanceof PartMissingError);
      assert.match(error.message, /only loopback is up.*\n.*ip link add clara0 type dummy/);
      return true;
    },
  );
});

test('an interface without an address does not count', () => {
  assert.equal(outsideInterface({ lo: [address(true)], eth0: [] }), undefined);
});
