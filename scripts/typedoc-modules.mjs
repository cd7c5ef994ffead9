// Names the modules of the reference as they are imported: "@wicara/core/Id" instead of "core/src/Id".
import { Converter, ReflectionKind } from "typedoc"

export const load = (app) => {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (reflection.kindOf(ReflectionKind.Module)) {
      reflection.name = reflection.name.replace(/^([^/]+)\/src\//, "@wicara/$1/")
    }
  })
}
