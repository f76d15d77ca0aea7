/** Which commands install a package on this system. */

/** What is known of the system. */
export interface SystemFacts {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Whether a command is on the PATH. */
  present(command: string): Promise<boolean>;
}

/** What a part is called by each manager; brew's are its arguments. */
export interface PackageNames {
  readonly brew: readonly string[];
  readonly 'apt-get': string;
  readonly dnf: string;
  readonly pacman: string;
  readonly apk: string;
}

type LinuxManager = Exclude<keyof PackageNames, 'brew'>;

const LINUX_COMMANDS: Readonly<Record<LinuxManager, (name: string) => readonly (readonly string[])[]>> = {
  'apt-get': (name) => [
    ['apt-get', 'update', '-q'],
    ['apt-get', 'install', '-y', '-q', '--no-install-recommends', name],
  ],
  dnf: (name) => [['dnf', 'install', '-y', '-q', name]],
  pacman: (name) => [['pacman', '-Sy', '--noconfirm', name]],
  apk: (name) => [['apk', 'add', '--no-progress', name]],
};
const LINUX_MANAGERS = Object.keys(LINUX_COMMANDS) as LinuxManager[];

/** The commands in order, or why there are none. */
export async function installCommands(
  system: SystemFacts,
  names: PackageNames,
): Promise<{ readonly commands: readonly (readonly string[])[] } | { readonly reason: string }> {
  if (system.platform === 'darwin') {
    if (await system.present('brew')) return { commands: [['brew', 'install', ...names.brew]] };
    return { reason: 'there is no Homebrew' };
  }
  for (const manager of LINUX_MANAGERS) {
    if (!(await system.present(manager))) continue;
    const commands = LINUX_COMMANDS[manager](names[manager]);
    if (!system.isRoot)
      return {
        reason: `${manager} needs root; run: sudo ${commands.map((c) => c.join(' ')).join(' && sudo ')}`,
      };
    return { commands };
  }
  return { reason: `none of ${LINUX_MANAGERS.join(', ')} is there` };
}
