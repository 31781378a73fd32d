package puzzle.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.OS;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

class SkipsTest {

  static class Annotated {
    @Test
    @Disabled("later")
    void disabled() {}

    @Test
    @DisabledOnOs(OS.LINUX)
    void notHere() {}

    @Test
    @EnabledIfSystemProperty(named = "mood", matches = "good")
    void ifAsked() {}
  }

  static class LongForm {
    @Test
    @EnabledIfSystemProperty(named = "faults.long", matches = "true")
    void forAnHour() {}
  }

  static class Lazy {
    @Test
    void withoutReason() {
      assumeTrue(false);
    }

    @Test
    void withoutAFolderOfMine() {
      assumeTrue(false, "no ../data here");
    }
  }

  static class LazyFromTheStart {
    @BeforeEach
    void begin() {
      assumeTrue(false, "no ../data here");
    }

    @Test
    void anything() {}
  }

  static class OnAPoorMachine {
    @Test
    void inPython() {
      assumeTrue(false, "no python3 here");
    }
  }

  private static Events run(Class<?> tests) {
    return EngineTestKit.engine("junit-jupiter")
        .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
        .configurationParameter(
            "junit.jupiter.conditions.deactivate",
            "org.junit.jupiter.engine.extension.DisabledCondition")
        .selectors(selectClass(tests))
        .execute()
        .testEvents();
  }

  @Test
  void aSkipByAnnotationFails() {
    run(Annotated.class).assertStatistics(s -> s.failed(3).skipped(0).succeeded(0));
  }

  @Test
  void theLongFormWaitsForItsProperty() {
    run(LongForm.class).assertStatistics(s -> s.failed(0).skipped(1));
  }

  @Test
  void aSkipForAnotherReasonFails() {
    run(Lazy.class).assertStatistics(s -> s.failed(2).aborted(0));
    run(LazyFromTheStart.class).assertStatistics(s -> s.failed(1).aborted(0));
  }

  @Test
  void aSkipForWhatAMachineMayLackIsASkip() {
    run(OnAPoorMachine.class).assertStatistics(s -> s.aborted(1).failed(0));
  }
}
