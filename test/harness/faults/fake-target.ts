/** A {@link FaultTarget} that writes down what faults do to it. */
import type { FaultTarget, ProcessTarget, Undo } from '../../../harness/faults/fault.ts';
import type { PacketRule } from '../../../harness/faults/packet-rules.ts';
import type { TcpPath } from '../../../harness/faults/tcp-proxy.ts';

/** All ports but the kernel's, which would be used before them, and the log of what was done, in order. `inForce` is what has not been taken back. */
export interface FakeTarget extends Required<Omit<FaultTarget, 'kernel'>> {
  readonly log: string[];
  readonly rules: Set<PacketRule>;
  readonly inForce: Set<string>;
}

export function fakeTarget(): FakeTarget {
  const log: string[] = [];
  const rules = new Set<PacketRule>();
  const inForce = new Set<string>();
  const begin = (what: string): (() => void) => {
    log.push(what);
    inForce.add(what);
    return () => {
      log.push(`end ${what}`);
      inForce.delete(what);
    };
  };
  const tcp = (name: string): TcpPath => ({
    hold: () => begin(`${name} hold`),
    slowDown: (link) => begin(`${name} slow ${link.delayMs} ms ${link.bytesPerSecond} B/s`),
    refuse: async (how) => {
      const end = begin(`${name} refuse ${how}`);
      return async () => end();
    },
    answer: (pathPrefix, answer) =>
      begin(`${name} answer ${pathPrefix} ${answer === 'mute' ? answer : answer.status}`),
    spoilTokens: (count) => begin(`${name} spoil ${count}`),
    cutConnections: (how) => void log.push(`${name} cut ${how}`),
    counts: () => ({ open: 0, accepted: 0, refused: 0, upgrades: 0 }),
  });
  const processTarget = (name: string): ProcessTarget => ({
    send: (signal) => void log.push(`${name} ${signal}`),
    exited: async () => void log.push(`${name} exited`),
    restart: async () => void log.push(`${name} restart`),
  });
  const later = (what: string): Promise<Undo> => {
    const end = begin(what);
    return Promise.resolve(async () => end());
  };
  return {
    log,
    rules,
    inForce,
    media: {
      addRule: (rule) => {
        rules.add(rule);
        return () => void rules.delete(rule);
      },
      rebind: async () => void log.push('rebind'),
      counts: () => ({
        up: { packets: 0, bytes: 0, dropped: 0 },
        down: { packets: 0, bytes: 0, dropped: 0 },
      }),
    },
    signal: tcp('signal'),
    gateway: tcp('gateway'),
    server: processTarget('server'),
    agent: processTarget('agent'),
    renderer: processTarget('renderer'),
    browser: {
      setOffline: async (offline) => void log.push(offline ? 'offline' : 'online'),
      setMicrophoneAllowed: async (allowed) =>
        void log.push(allowed ? 'microphone allowed' : 'microphone denied'),
      unplugMicrophone: async () => void log.push('unplug'),
      reload: async () => void log.push('reload'),
      openSecondTab: () => later('second tab'),
      goAwayAndBack: async () => void log.push('away and back'),
    },
    room: {
      removeUser: async () => void log.push('removeUser'),
      deleteRoom: async () => void log.push('deleteRoom'),
      closeRoom: async () => void log.push('closeRoom'),
      joinAsUser: () => later('second user'),
    },
  };
}
