import * as Flags from '@oclif/core/flags';
import type { ControlClient } from '../control/client.js';
import { BaseCommand } from './base-command.js';
import { socketPath } from './socket-path.js';

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

  #client: ControlClient | undefined;

  /** Connects once; closed when the command ends. */
  protected async control(flags: {
    socket?: string | undefined;
    name?: string | undefined;
  }): Promise<ControlClient> {
    if (!this.#client) {
      const { ControlClient } = await import('../control/client.js');
      this.#client = await ControlClient.connect(socketPath(flags, process.env));
    }
    return this.#client;
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    await super.finally(error);
  }
}
