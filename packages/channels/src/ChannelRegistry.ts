/**
 * The channels that this process can speak, by id.
 *
 * @since 0.1.0
 */
import { Context, Layer, Option } from "effect"
import type { ChannelAdapter } from "./ChannelAdapter.ts"

/**
 * An adapter whose settings and secrets are its own business.
 *
 * @category models
 * @since 0.1.0
 */
// Each adapter decodes its own settings: forgetting their types here loses nothing, and no other type holds them all.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyChannelAdapter = ChannelAdapter<any, any>

/**
 * @category services
 * @since 0.1.0
 */
export class ChannelRegistry extends Context.Service<ChannelRegistry, {
  readonly get: (id: string) => Option.Option<AnyChannelAdapter>
  readonly all: ReadonlyArray<AnyChannelAdapter>
}>()("@wicara/channels/ChannelRegistry") {
  /**
   * The registry of the given adapters. Two adapters with one id are a defect: the second would silently shadow the
   * first.
   *
   * @since 0.1.0
   */
  static readonly layer = (adapters: ReadonlyArray<AnyChannelAdapter>): Layer.Layer<ChannelRegistry> =>
    Layer.sync(ChannelRegistry, () => {
      const byId = new Map<string, AnyChannelAdapter>()
      for (const adapter of adapters) {
        if (byId.has(adapter.id)) throw new Error(`Two channel adapters have the id "${adapter.id}"`)
        byId.set(adapter.id, adapter)
      }
      return ChannelRegistry.of({
        get: (id) => Option.fromUndefinedOr(byId.get(id)),
        all: adapters
      })
    })
}
