package puzzle.actors.node;

import com.typesafe.config.Config;
import java.util.List;
import org.apache.pekko.cluster.ConfigValidation;
import org.apache.pekko.cluster.Invalid;
import org.apache.pekko.cluster.JoinConfigCompatChecker;
import org.apache.pekko.cluster.Valid$;
import puzzle.cluster.NodeRole;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Refuses a node whose journal is not the cluster's: two coordinators with a journal each would not
 * know of each other's runs. Made by Pekko when a node joins.
 */
public final class JournalJoinCheck extends JoinConfigCompatChecker {

  static final String JOURNAL = "puzzle.journal";
  static final String EMBEDDED = "embedded";

  private static final String ROLES = "puzzle.roles";

  @Override
  public Seq<String> requiredKeys() {
    return seq(List.of(JOURNAL, ROLES));
  }

  @Override
  public ConfigValidation check(Config joining, Config present) {
    String journal = joining.getString(JOURNAL);
    if (!coordinates(joining) || !coordinates(present)) {
      return Valid$.MODULE$;
    }
    if (!journal.equals(present.getString(JOURNAL))) {
      return new Invalid(seq(List.of(JOURNAL + " is not that of the other coordinator")));
    }
    return journal.equals(EMBEDDED)
        ? new Invalid(seq(List.of(JOURNAL + " = embedded has one coordinator, and there is one")))
        : Valid$.MODULE$;
  }

  private static boolean coordinates(Config config) {
    return config.getStringList(ROLES).contains(NodeRole.COORDINATOR.label());
  }

  private static Seq<String> seq(List<String> list) {
    return CollectionConverters.asScala(list).toSeq();
  }
}
