import * as Flags from '@oclif/core/flags';
import type { Control } from '../control/lease.js';
import { BaseCommand } from './base-command.js';
import { socketPath, type DaemonFlags } from './socket-path.js';

/** A command that asks a running daemon. */
export abstract class ControlCommand extends BaseCommand {
  static override baseFlags = {
    socket: Flags.string({
      description: 'control socket [default: $MIP6_SOCKET, or the only one in /run/mip6]',
      helpValue: 'PATH',
      exclusive: ['name'],
    }),
    name: Flags.string({
      char: 'n',
      description: 'name of the daemon: /run/mip6/NAME.sock',
      helpValue: 'NAME',
    }),
  };

  #control: Control | undefined;

  /** Connects once, or takes what the caller lends; closed when the command ends. */
  protected async control(flags: DaemonFlags): Promise<Control> {
    this.#control ??= this.caller ? await this.caller.control(flags) : await connect(flags);
    return this.#control;
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#control?.close();
    this.#control = undefined;
    await super.finally(error);
  }
}

async function connect(flags: DaemonFlags): Promise<Control> {
  const { ControlClient } = await import('../control/client.js');
  return ControlClient.connect(socketPath(flags, process.env));
}
