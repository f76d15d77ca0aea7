/** Which commands install Chromium on this system. */

/** What is known of the system. */
export interface SystemFacts {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Whether a command is on the PATH. */
  present(command: string): Promise<boolean>;
}

const LINUX_MANAGERS: readonly {
  readonly manager: string;
  readonly commands: readonly (readonly string[])[];
}[] = [
  {
    manager: 'apt-get',
    commands: [
      ['apt-get', 'update', '-q'],
      ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'chromium'],
    ],
  },
  { manager: 'dnf', commands: [['dnf', 'install', '-y', '-q', 'chromium']] },
  { manager: 'pacman', commands: [['pacman', '-Sy', '--noconfirm', 'chromium']] },
  { manager: 'apk', commands: [['apk', 'add', '--no-progress', 'chromium']] },
];

/** The commands in order, or why there are none. */
export async function installCommands(
  system: SystemFacts,
): Promise<{ readonly commands: readonly (readonly string[])[] } | { readonly reason: string }> {
  if (system.platform === 'darwin') {
    if (await system.present('brew')) return { commands: [['brew', 'install', '--cask', 'chromium']] };
    return { reason: 'there is no Homebrew' };
  }
  for (const { manager, commands } of LINUX_MANAGERS) {
    if (!(await system.present(manager))) continue;
    if (!system.isRoot)
      return {
        reason: `${manager} needs root; run: sudo ${commands.map((c) => c.join(' ')).join(' && sudo ')}`,
      };
    return { commands };
  }
  return { reason: `none of ${LINUX_MANAGERS.map(({ manager }) => manager).join(', ')} is there` };
}
