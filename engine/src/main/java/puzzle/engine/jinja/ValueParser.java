package puzzle.engine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.engine.jinja.TemplateLexer.Kind;
import puzzle.engine.jinja.TemplateLexer.Word;

/** Values and what stands right behind them: fields, items, calls, filters and tests. */
abstract class ValueParser {

  /** Words that end the argument of a test that stands without brackets. */
  private static final Set<String> NO_ARGUMENT =
      Set.of("else", "or", "and", "is", "if", "in", "not");

  private final List<Word> words;
  private int next;

  ValueParser(List<Word> words) {
    this.words = words;
  }

  final Word peek() {
    return words.get(next);
  }

  /** The word behind the next. */
  final Word after() {
    return words.get(next + 1);
  }

  final Word take() {
    return words.get(next++);
  }

  final boolean at(String text) {
    Word word = peek();
    return (word.kind() == Kind.OPERATOR || word.kind() == Kind.NAME) && word.text().equals(text);
  }

  final boolean skip(String text) {
    boolean here = at(text);
    next += here ? 1 : 0;
    return here;
  }

  final void expect(String text) {
    if (!skip(text)) {
      throw unexpected("'" + text + "'");
    }
  }

  final String name() {
    if (peek().kind() != Kind.NAME) {
      throw unexpected("a name");
    }
    return take().text();
  }

  final TemplateException unexpected(String wanted) {
    Word word = peek();
    String found = word.kind() == Kind.TEXT ? "text" : word.text();
    return TemplateException.at(
        word.line(), "expected %s, found '%s'".formatted(wanted, found.isEmpty() ? "end" : found));
  }

  /** Any expression. */
  abstract Expression expression();

  static Expression list(List<Expression> items) {
    return scope -> {
      List<Object> values = new ArrayList<>(items.size());
      items.forEach(item -> values.add(item.value(scope)));
      return values;
    };
  }

  final Expression primary() {
    Word word = take();
    switch (word.kind()) {
      case STRING -> {
        StringBuilder text = new StringBuilder(word.text());
        while (peek().kind() == Kind.STRING) {
          text.append(take().text());
        }
        String all = text.toString();
        return scope -> all;
      }
      case INTEGER -> {
        long value = Long.parseLong(word.text());
        return scope -> value;
      }
      case FLOAT -> {
        double value = Double.parseDouble(word.text());
        return scope -> value;
      }
      case NAME -> {
        return switch (word.text()) {
          case "true", "True" -> scope -> true;
          case "false", "False" -> scope -> false;
          case "none", "None" -> scope -> null;
          default -> scope -> scope.get(word.text());
        };
      }
      default -> {
        return bracketed(word);
      }
    }
  }

  private Expression bracketed(Word open) {
    switch (open.text()) {
      case "(" -> {
        if (skip(")")) {
          return scope -> List.of();
        }
        Expression first = expression();
        if (!at(",")) {
          expect(")");
          return first;
        }
        List<Expression> all = new ArrayList<>(List.of(first));
        while (skip(",") && !at(")")) {
          all.add(expression());
        }
        expect(")");
        return list(all);
      }
      case "[" -> {
        List<Expression> all = new ArrayList<>();
        while (!skip("]")) {
          all.add(expression());
          if (!at("]")) {
            expect(",");
          }
        }
        return list(all);
      }
      case "{" -> {
        Map<Expression, Expression> all = new LinkedHashMap<>();
        while (!skip("}")) {
          Expression key = expression();
          expect(":");
          all.put(key, expression());
          if (!at("}")) {
            expect(",");
          }
        }
        return scope -> {
          Map<Object, Object> map = new LinkedHashMap<>();
          all.forEach((key, value) -> map.put(key.value(scope), value.value(scope)));
          return map;
        };
      }
      default -> {
        next--;
        throw unexpected("a value");
      }
    }
  }

  final Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      Expression of = value;
      int line = peek().line();
      if (skip(".")) {
        boolean index = peek().kind() == Kind.INTEGER;
        Object field = index ? (Object) Long.valueOf(take().text()) : name();
        value = scope -> Python.attribute(line, of.value(scope), field);
      } else if (skip("[")) {
        value = subscript(line, of);
      } else if (at("(")) {
        value = call(line, of);
      } else {
        return value;
      }
    }
  }

  private Expression subscript(int line, Expression of) {
    Expression from = at(":") ? null : expression();
    if (skip("]")) {
      return scope -> Python.item(line, of.value(scope), from.value(scope));
    }
    expect(":");
    Expression to = at(":") || at("]") ? null : expression();
    Expression step = skip(":") && !at("]") ? expression() : null;
    expect("]");
    return scope ->
        Python.slice(
            line, of.value(scope), bound(from, scope), bound(to, scope), bound(step, scope));
  }

  private static Long bound(Expression expression, Scope scope) {
    Object value = expression == null ? null : expression.value(scope);
    return value == null ? null : (Long) Python.whole(value);
  }

  private Expression call(int line, Expression of) {
    Arguments arguments = arguments();
    return scope -> {
      Object callable = of.value(scope);
      if (!(callable instanceof Scope.Callable function)) {
        throw TemplateException.at(
            line,
            callable instanceof Undefined missing
                ? "'" + missing.name() + "' is not defined"
                : "what is called is no function");
      }
      return function.call(arguments.positional(scope), arguments.named(scope));
    };
  }

  /** Arguments in brackets. */
  record Arguments(List<Expression> inOrder, Map<String, Expression> byName) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    List<Object> positional(Scope scope) {
      List<Object> values = new ArrayList<>();
      inOrder.forEach(argument -> values.add(argument.value(scope)));
      return values;
    }

    Map<String, Object> named(Scope scope) {
      Map<String, Object> values = new LinkedHashMap<>();
      byName.forEach((name, argument) -> values.put(name, argument.value(scope)));
      return values;
    }
  }

  final Arguments arguments() {
    Arguments arguments = new Arguments(new ArrayList<>(), new LinkedHashMap<>());
    expect("(");
    while (!skip(")")) {
      boolean named = peek().kind() == Kind.NAME && after().text().equals("=");
      if (named && after().kind() == Kind.OPERATOR) {
        String name = name();
        expect("=");
        arguments.byName().put(name, expression());
      } else {
        arguments.inOrder().add(expression());
      }
      if (!at(")")) {
        expect(",");
      }
    }
    return arguments;
  }

  /** Filters and tests behind a value. */
  final Expression filters(Expression start) {
    Expression value = start;
    while (true) {
      Expression of = value;
      int line = peek().line();
      if (skip("|")) {
        String filter = name();
        Arguments arguments = at("(") ? arguments() : Arguments.NONE;
        Filters.require(line, filter);
        value =
            scope ->
                Filters.apply(
                    line,
                    filter,
                    of.value(scope),
                    arguments.positional(scope),
                    arguments.named(scope));
      } else if (skip("is")) {
        boolean negated = skip("not");
        String test = name();
        Conditions.require(line, test);
        Expression argument = testArgument();
        value =
            scope ->
                negated
                    ^ Conditions.holds(
                        line,
                        test,
                        of.value(scope),
                        argument == null ? null : argument.value(scope));
      } else if (at("(")) {
        value = call(line, of);
      } else {
        return value;
      }
    }
  }

  private Expression testArgument() {
    if (at("(")) {
      Arguments arguments = arguments();
      return arguments.inOrder().isEmpty() ? null : arguments.inOrder().get(0);
    }
    boolean value =
        switch (peek().kind()) {
          case STRING, INTEGER, FLOAT -> true;
          case NAME -> !NO_ARGUMENT.contains(peek().text());
          case OPERATOR -> at("[") || at("{");
          default -> false;
        };
    return value ? postfix(primary()) : null;
  }
}
