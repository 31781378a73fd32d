package puzzle.engine.jinja;

/** A part of a template that has a value. */
interface Expression {
  Object value(Scope scope);
}
