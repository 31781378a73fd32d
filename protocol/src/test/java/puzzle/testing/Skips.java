package puzzle.testing;

import java.lang.annotation.Annotation;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * Lets a test skip itself only for want of something that not every machine has, and says so in the
 * log. Any other skip fails: one for another reason, and one by annotation, unless it waits for a
 * property that asks for the long form.
 *
 * <p>The root pom registers it for every module and takes JUnit's own handling of {@link Disabled}
 * away, which would come first.
 */
public final class Skips
    implements ExecutionCondition,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {

  /** What a machine may lack; the reason of a skip contains one of them. */
  private static final Pattern MISSING =
      Pattern.compile(
          "python|chrom|network namespaces|file system of our own|/dev/full|/proc/self/status"
              + "|this user may write anywhere");

  private static final Set<String> LONG_FORMS = Set.of("faults.long");

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    context
        .getElement()
        .ifPresent(
            element -> {
              for (Annotation annotation : element.getAnnotations()) {
                if (skips(annotation)) {
                  throw new IllegalStateException(
                      "%s skips by %s.%nMaybe mend it or delete it."
                          .formatted(element, annotation));
                }
              }
            });
    return ConditionEvaluationResult.enabled("not annotated");
  }

  private static boolean skips(Annotation annotation) {
    if (annotation instanceof EnabledIfSystemProperty property) {
      return !LONG_FORMS.contains(property.named());
    }
    Class<? extends Annotation> type = annotation.annotationType();
    return type == Disabled.class
        || type.getPackageName().equals(EnabledIfSystemProperty.class.getPackageName());
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw judged(context, thrown);
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw judged(context, thrown);
  }

  @Override
  public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    throw judged(context, thrown);
  }

  private static Throwable judged(ExtensionContext context, Throwable thrown) {
    if (!(thrown instanceof TestAbortedException)) {
      return thrown;
    }
    String reason = String.valueOf(thrown.getMessage());
    if (!MISSING.matcher(reason).find()) {
      return new AssertionError(
          "skipped: %s%nMaybe ship what it needs: a test skips for want of %s only."
              .formatted(reason, MISSING),
          thrown);
    }
    System.out.printf(
        "skipped %s %s: %s%n",
        context.getRequiredTestClass().getSimpleName(), context.getDisplayName(), reason);
    return thrown;
  }
}
