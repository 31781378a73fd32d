package puzzle.engine.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.engine.jinja.Statement.End;
import puzzle.engine.jinja.TemplateLexer.Kind;
import puzzle.engine.jinja.TemplateLexer.Word;

/** Statements: text, output, if, for, set, macro, and what may stand in a loop. */
final class TemplateParser extends ExpressionParser {

  private TemplateParser(List<Word> words) {
    super(words);
  }

  static Statement parse(String template) {
    TemplateParser parser = new TemplateParser(TemplateLexer.words(template));
    Statement all = parser.until(Set.of());
    if (parser.peek().kind() != Kind.END) {
      throw parser.unexpected("the end");
    }
    return all;
  }

  /** Statements up to a block of one of these names, which is not taken. */
  private Statement until(Set<String> ends) {
    List<Statement> statements = new ArrayList<>();
    while (true) {
      Word word = peek();
      if (word.kind() == Kind.END) {
        if (!ends.isEmpty()) {
          throw unexpected("{% " + ends.iterator().next() + " %}");
        }
        return Statement.block(statements);
      }
      take();
      if (word.kind() == Kind.TEXT) {
        statements.add(written(scope -> word.text()));
      } else if (word.kind() == Kind.OUTPUT_BEGIN) {
        Expression value = tuple();
        close(Kind.OUTPUT_END);
        statements.add(written(value));
      } else if (ends.contains(peek().text())) {
        return Statement.block(statements);
      } else {
        statements.add(block());
      }
    }
  }

  private static Statement written(Expression value) {
    return (scope, out) -> {
      out.append(Python.text(value.value(scope)));
      return End.NORMAL;
    };
  }

  private void close(Kind end) {
    if (peek().kind() != end) {
      throw unexpected(end == Kind.BLOCK_END ? "%}" : "}}");
    }
    take();
  }

  private void end(String name) {
    expect(name);
    close(Kind.BLOCK_END);
  }

  private Statement block() {
    Word word = peek();
    String name = name();
    return switch (name) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "macro" -> macro();
      case "generation" -> {
        close(Kind.BLOCK_END);
        Statement body = until(Set.of("endgeneration"));
        end("endgeneration");
        yield body;
      }
      case "break", "continue" -> {
        close(Kind.BLOCK_END);
        End how = name.equals("break") ? End.BREAK : End.CONTINUE;
        yield (scope, out) -> how;
      }
      default -> throw TemplateException.at(word.line(), "{% " + name + " %} is not supported");
    };
  }

  private Statement condition() {
    Expression condition = tuple();
    close(Kind.BLOCK_END);
    Statement then = until(Set.of("elif", "else", "endif"));
    Statement otherwise = Statement.block(List.of());
    if (skip("elif")) {
      otherwise = condition();
    } else {
      if (skip("else")) {
        close(Kind.BLOCK_END);
        otherwise = until(Set.of("endif"));
      }
      end("endif");
    }
    Statement no = otherwise;
    return (scope, out) -> (Python.truth(condition.value(scope)) ? then : no).run(scope, out);
  }

  private Statement loop() {
    int line = peek().line();
    List<String> names = new ArrayList<>(List.of(name()));
    while (skip(",")) {
      names.add(name());
    }
    expect("in");
    Expression over = withoutCondition();
    Expression filter = skip("if") ? expression() : null;
    close(Kind.BLOCK_END);
    Statement body = until(Set.of("else", "endfor"));
    Statement empty = Statement.block(List.of());
    if (skip("else")) {
      close(Kind.BLOCK_END);
      empty = until(Set.of("endfor"));
    }
    end("endfor");
    Statement otherwise = empty;
    return (scope, out) -> {
      List<Object> items = new ArrayList<>();
      for (Object item : Python.iterated(line, over.value(scope))) {
        Scope inner = new Scope(scope);
        bind(line, inner, names, item);
        if (filter == null || Python.truth(filter.value(inner))) {
          items.add(item);
        }
      }
      if (items.isEmpty()) {
        return otherwise.run(scope, out);
      }
      for (int i = 0; i < items.size(); i++) {
        Scope inner = new Scope(scope);
        inner.set("loop", about(items, i));
        bind(line, inner, names, items.get(i));
        if (body.run(inner, out) == End.BREAK) {
          break;
        }
      }
      return End.NORMAL;
    };
  }

  private static Map<String, Object> about(List<Object> items, int i) {
    Map<String, Object> loop = new LinkedHashMap<>();
    int size = items.size();
    loop.put("index", (long) i + 1);
    loop.put("index0", (long) i);
    loop.put("revindex", (long) size - i);
    loop.put("revindex0", (long) size - i - 1);
    loop.put("first", i == 0);
    loop.put("last", i == size - 1);
    loop.put("length", (long) size);
    loop.put("previtem", i == 0 ? new Undefined("previtem") : items.get(i - 1));
    loop.put("nextitem", i == size - 1 ? new Undefined("nextitem") : items.get(i + 1));
    return loop;
  }

  private static void bind(int line, Scope scope, List<String> names, Object value) {
    if (names.size() == 1) {
      scope.set(names.get(0), value);
      return;
    }
    Iterator<?> parts = Python.iterated(line, value).iterator();
    for (String name : names) {
      if (!parts.hasNext()) {
        throw TemplateException.at(line, "not enough values for " + names);
      }
      scope.set(name, parts.next());
    }
  }

  private Statement assignment() {
    int line = peek().line();
    List<String> names = new ArrayList<>(List.of(name()));
    String field = skip(".") ? name() : null;
    while (skip(",")) {
      names.add(name());
    }
    if (!skip("=")) {
      close(Kind.BLOCK_END);
      Statement body = until(Set.of("endset"));
      end("endset");
      return (scope, out) -> {
        StringBuilder text = new StringBuilder();
        body.run(new Scope(scope), text);
        assign(line, scope, names, field, text.toString());
        return End.NORMAL;
      };
    }
    Expression value = tuple();
    close(Kind.BLOCK_END);
    return (scope, out) -> {
      assign(line, scope, names, field, value.value(scope));
      return End.NORMAL;
    };
  }

  private static void assign(
      int line, Scope scope, List<String> names, String field, Object value) {
    if (field == null) {
      bind(line, scope, names, value);
    } else if (scope.get(names.get(0)) instanceof Scope.Namespace namespace) {
      namespace.fields().put(field, value);
    } else {
      throw TemplateException.at(line, names.get(0) + " is no namespace");
    }
  }

  private Statement macro() {
    int line = peek().line();
    String name = name();
    Map<String, Expression> parameters = new LinkedHashMap<>();
    expect("(");
    while (!skip(")")) {
      String parameter = name();
      parameters.put(parameter, skip("=") ? expression() : scope -> new Undefined(parameter));
      if (!at(")")) {
        expect(",");
      }
    }
    close(Kind.BLOCK_END);
    Statement body = until(Set.of("endmacro"));
    end("endmacro");
    return (scope, out) -> {
      Scope.Callable call =
          (arguments, named) -> {
            if (arguments.size() > parameters.size()) {
              throw TemplateException.at(line, "macro " + name + " takes fewer arguments");
            }
            Scope inner = new Scope(scope);
            int i = 0;
            for (Map.Entry<String, Expression> parameter : parameters.entrySet()) {
              Object given =
                  i < arguments.size()
                      ? arguments.get(i)
                      : named.containsKey(parameter.getKey())
                          ? named.get(parameter.getKey())
                          : parameter.getValue().value(inner);
              inner.set(parameter.getKey(), given);
              i++;
            }
            StringBuilder text = new StringBuilder();
            body.run(inner, text);
            return text.toString();
          };
      scope.set(name, call);
      return End.NORMAL;
    };
  }
}
