package puzzle.engine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import puzzle.engine.jinja.TemplateLexer.Kind;
import puzzle.engine.jinja.TemplateLexer.Word;

/** Expressions, loosest operator first, as jinja2's grammar orders them. */
class ExpressionParser extends ValueParser {

  private static final Set<String> COMPARED = Set.of("==", "!=", "<", ">", "<=", ">=");

  private static final int MAX_DEPTH = 200;

  private int depth;

  ExpressionParser(List<Word> words) {
    super(words);
  }

  /** An expression with {@code a if b else c}. */
  @Override
  final Expression expression() {
    if (++depth > MAX_DEPTH) {
      throw TemplateException.at(peek().line(), "nested too deeply");
    }
    Expression value = or();
    while (skip("if")) {
      Expression then = value;
      Expression condition = or();
      Expression otherwise = skip("else") ? expression() : scope -> new Undefined("");
      value = scope -> (Python.truth(condition.value(scope)) ? then : otherwise).value(scope);
    }
    depth--;
    return value;
  }

  /** What a {@code for} goes over: an if behind it is the loop's. */
  final Expression withoutCondition() {
    return or();
  }

  /** One expression, or several with commas between: a tuple. */
  final Expression tuple() {
    Expression first = expression();
    if (!at(",")) {
      return first;
    }
    List<Expression> all = new ArrayList<>(List.of(first));
    while (skip(",") && peek().kind() != Kind.BLOCK_END) {
      all.add(expression());
    }
    return list(all);
  }

  private Expression or() {
    Expression left = and();
    while (skip("or")) {
      Expression a = left;
      Expression b = and();
      left =
          scope -> {
            Object value = a.value(scope);
            return Python.truth(value) ? value : b.value(scope);
          };
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (skip("and")) {
      Expression a = left;
      Expression b = not();
      left =
          scope -> {
            Object value = a.value(scope);
            return Python.truth(value) ? b.value(scope) : value;
          };
    }
    return left;
  }

  private Expression not() {
    if (skip("not")) {
      Expression negated = not();
      return scope -> !Python.truth(negated.value(scope));
    }
    return comparison();
  }

  /** {@code a < b < c} is {@code a < b and b < c}. */
  private Expression comparison() {
    Expression left = sum();
    Expression all = null;
    while (true) {
      String operator;
      if (peek().kind() == Kind.OPERATOR && COMPARED.contains(peek().text())) {
        operator = take().text();
      } else if (skip("in")) {
        operator = "in";
      } else if (at("not") && after().text().equals("in")) {
        take();
        take();
        operator = "not in";
      } else {
        return all == null ? left : all;
      }
      Expression a = left;
      Expression b = sum();
      Expression one = scope -> Python.compare(operator, a.value(scope), b.value(scope));
      Expression before = all;
      all =
          before == null
              ? one
              : scope -> Python.truth(before.value(scope)) ? one.value(scope) : false;
      left = b;
    }
  }

  private Expression sum() {
    Expression left = joined();
    while (at("+") || at("-")) {
      left = arithmetic(take(), left, joined());
    }
    return left;
  }

  private Expression joined() {
    Expression left = product();
    while (skip("~")) {
      Expression a = left;
      Expression b = product();
      left = scope -> Python.text(a.value(scope)) + Python.text(b.value(scope));
    }
    return left;
  }

  private Expression product() {
    Expression left = unary(true);
    while (at("*") || at("/") || at("//") || at("%") || at("**")) {
      left = arithmetic(take(), left, unary(true));
    }
    return left;
  }

  private static Expression arithmetic(Word operator, Expression a, Expression b) {
    return scope -> Python.arithmetic(operator, a.value(scope), b.value(scope));
  }

  private Expression unary(boolean filtered) {
    Word sign = peek();
    if (skip("-")) {
      Expression value = unary(false);
      Expression negated =
          scope ->
              Python.arithmetic(new Word(Kind.OPERATOR, "-", sign.line()), 0L, value.value(scope));
      return filtered ? filters(negated) : negated;
    }
    if (skip("+")) {
      return unary(filtered);
    }
    Expression value = postfix(primary());
    return filtered ? filters(value) : value;
  }
}
