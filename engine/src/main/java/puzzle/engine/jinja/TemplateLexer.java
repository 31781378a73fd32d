package puzzle.engine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into text and the words of its tags. White space is taken away as jinja2 does
 * with {@code trim_blocks} and {@code lstrip_blocks}: the line feed behind a block or comment, the
 * blanks before one that begins its line, and all of it where a tag has a minus.
 */
final class TemplateLexer {

  /** What a word is. */
  enum Kind {
    TEXT,
    BLOCK_BEGIN,
    BLOCK_END,
    OUTPUT_BEGIN,
    OUTPUT_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  /**
   * A word.
   *
   * @param text as it stands; of a string, what it means
   */
  record Word(Kind kind, String text, int line) {}

  private static final Pattern END_OF_RAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}");
  private static final Set<String> LONG_OPERATORS = Set.of("==", "!=", "<=", ">=", "//", "**");

  private final String source;
  private final List<Word> words = new ArrayList<>();
  private int at;
  private int line = 1;

  /** Whether the last raw text takes away the white space behind it. */
  private boolean lastTrims;

  private TemplateLexer(String source) {
    this.source = source;
  }

  static List<Word> words(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    // One line feed at the very end is the editor's.
    return new TemplateLexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text)
        .run();
  }

  private List<Word> run() {
    boolean trim = false;
    boolean dropLineFeed = false;
    while (at < source.length()) {
      int tag = nextTag();
      String text = source.substring(at, tag);
      int textLine = line;
      count(text);
      if (trim) {
        text = text.stripLeading();
      } else if (dropLineFeed && text.startsWith("\n")) {
        text = text.substring(1);
      }
      at = tag;
      if (tag < source.length()) {
        text = beforeTag(text, tag);
      }
      if (!text.isEmpty()) {
        words.add(new Word(Kind.TEXT, text, textLine));
      }
      if (tag == source.length()) {
        break;
      }
      char kind = source.charAt(tag + 1);
      at += 2;
      if (at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')) {
        at++;
      }
      if (kind == '#') {
        int end = source.indexOf("#}", at);
        if (end < 0) {
          throw TemplateException.at(line, "a comment without end");
        }
        count(source.substring(at, end));
        trim = source.charAt(end - 1) == '-';
        dropLineFeed = source.charAt(end - 1) != '+';
        at = end + 2;
      } else {
        char closing = tag(kind);
        trim = closing == '-';
        dropLineFeed = kind == '%' && closing != '+';
        if (kind == '%' && raw()) {
          trim = lastTrims;
          dropLineFeed = true;
        }
      }
    }
    words.add(new Word(Kind.END, "", line));
    return words;
  }

  private int nextTag() {
    for (int i = at; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  private String beforeTag(String text, int tag) {
    char kind = source.charAt(tag + 1);
    char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
    if (sign == '-') {
      return text.stripTrailing();
    }
    if (kind == '{' || sign == '+') {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    return startsLine(tag) ? text.substring(0, lineStart) : text;
  }

  /** True if only blanks stand between the line's start and a tag. */
  private boolean startsLine(int tag) {
    int i = tag - 1;
    while (i >= 0 && (source.charAt(i) == ' ' || source.charAt(i) == '\t')) {
      i--;
    }
    return i < 0 || source.charAt(i) == '\n';
  }

  /** After {@code {% raw %}}: its text as it stands. */
  private boolean raw() {
    int size = words.size();
    if (size < 3
        || !words.get(size - 2).text().equals("raw")
        || words.get(size - 3).kind() != Kind.BLOCK_BEGIN) {
      return false;
    }
    words.subList(size - 3, size).clear();
    Matcher end = END_OF_RAW.matcher(source);
    if (!end.find(at)) {
      throw TemplateException.at(line, "raw without endraw");
    }
    String text = source.substring(at, end.start());
    if (text.startsWith("\n")) {
      text = text.substring(1);
    }
    count(source.substring(at, end.end()));
    words.add(new Word(Kind.TEXT, end.group(1).equals("-") ? text.stripTrailing() : text, line));
    lastTrims = end.group(2).equals("-");
    at = end.end();
    return true;
  }

  /** The words of one tag; returns the sign at its end, or a blank. */
  private char tag(char kind) {
    boolean block = kind == '%';
    words.add(new Word(block ? Kind.BLOCK_BEGIN : Kind.OUTPUT_BEGIN, "", line));
    String close = block ? "%}" : "}}";
    int depth = 0;
    while (true) {
      skipBlanks();
      if (at >= source.length()) {
        throw TemplateException.at(line, "a tag without end");
      }
      char c = source.charAt(at);
      boolean signed = (c == '-' || c == '+') && source.startsWith(close, at + 1);
      if (depth == 0 && (signed || source.startsWith(close, at))) {
        words.add(new Word(block ? Kind.BLOCK_END : Kind.OUTPUT_END, "", line));
        at += signed ? 3 : 2;
        return signed ? c : ' ';
      }
      if (c == '\'' || c == '"') {
        words.add(new Word(Kind.STRING, string(c), line));
      } else if (Character.isDigit(c)) {
        number();
      } else if (Character.isJavaIdentifierStart(c) && c != '$') {
        int from = at;
        while (at < source.length() && Character.isJavaIdentifierPart(source.charAt(at))) {
          at++;
        }
        words.add(new Word(Kind.NAME, source.substring(from, at), line));
      } else {
        depth += "([{".indexOf(c) >= 0 ? 1 : ")]}".indexOf(c) >= 0 ? -1 : 0;
        operator();
      }
    }
  }

  private void operator() {
    String two = source.substring(at, Math.min(source.length(), at + 2));
    String operator = LONG_OPERATORS.contains(two) ? two : two.substring(0, 1);
    if (operator.length() == 1 && "+-*/%~|.,:()[]{}<>=".indexOf(operator) < 0) {
      throw TemplateException.at(line, "unexpected character '" + operator + "'");
    }
    words.add(new Word(Kind.OPERATOR, operator, line));
    at += operator.length();
  }

  private void number() {
    int from = at;
    boolean real = false;
    while (at < source.length()) {
      char c = source.charAt(at);
      boolean point =
          c == '.' && !real && at + 1 < source.length() && Character.isDigit(source.charAt(at + 1));
      if (!Character.isDigit(c) && c != '_' && !point) {
        break;
      }
      real |= point;
      at++;
    }
    String digits = source.substring(from, at).replace("_", "");
    words.add(new Word(real ? Kind.FLOAT : Kind.INTEGER, digits, line));
  }

  private String string(char quote) {
    StringBuilder text = new StringBuilder();
    int begin = line;
    for (at++; at < source.length() && source.charAt(at) != quote; at++) {
      char c = source.charAt(at);
      line += c == '\n' ? 1 : 0;
      if (c != '\\' || at + 1 >= source.length()) {
        text.append(c);
        continue;
      }
      char escaped = source.charAt(++at);
      switch (escaped) {
        case 'n' -> text.append('\n');
        case 't' -> text.append('\t');
        case 'r' -> text.append('\r');
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case '0' -> text.append('\0');
        case '\\', '\'', '"' -> text.append(escaped);
        case '\n' -> line++;
        case 'x' -> code(text, 2);
        case 'u' -> code(text, 4);
        case 'U' -> code(text, 8);
        default -> text.append('\\').append(escaped);
      }
    }
    if (at >= source.length()) {
      throw TemplateException.at(begin, "a string without end");
    }
    at++;
    return text.toString();
  }

  private void code(StringBuilder text, int digits) {
    try {
      text.appendCodePoint(Integer.parseInt(source.substring(at + 1, at + 1 + digits), 16));
      at += digits;
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw TemplateException.at(line, "an escape that is no character");
    }
  }

  private void skipBlanks() {
    while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
      line += source.charAt(at) == '\n' ? 1 : 0;
      at++;
    }
  }

  private void count(String text) {
    line += (int) text.chars().filter(c -> c == '\n').count();
  }
}
