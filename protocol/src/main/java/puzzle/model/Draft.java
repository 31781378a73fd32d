package puzzle.model;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.function.Consumer;

/**
 * A record while it is put together: a public field for each of its components, of the same name.
 *
 * @param <R> the record
 * @param <D> the draft itself
 */
public abstract class Draft<R extends Record, D extends Draft<R, D>> {

  private final Class<R> type;

  Draft(Class<R> type) {
    this.type = type;
  }

  /** The record of the fields as they stand; fails as its constructor does. */
  public final R build() {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    try {
      for (int i = 0; i < components.length; i++) {
        types[i] = components[i].getType();
        values[i] = getClass().getField(components[i].getName()).get(this);
      }
      return type.getConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof RuntimeException own ? own : new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A record with some components changed. */
  final R changed(R from, Consumer<D> change) {
    try {
      for (RecordComponent component : type.getRecordComponents()) {
        getClass().getField(component.getName()).set(this, component.getAccessor().invoke(from));
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    return with(change);
  }

  @SuppressWarnings("unchecked")
  final R with(Consumer<D> change) {
    change.accept((D) this);
    return build();
  }
}
