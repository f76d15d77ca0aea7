/** Preload (`node --import`): this machine has no interface but loopback. */
import os from 'node:os';
import { syncBuiltinESMExports } from 'node:module';

const original = os.networkInterfaces;
os.networkInterfaces = () =>
  Object.fromEntries(
    Object.entries(original()).filter(([, addresses]) => addresses?.every(({ internal }) => internal)),
  );
syncBuiltinESMExports();
