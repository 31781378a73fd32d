package puzzle.actors.cli.profile;

import picocli.CommandLine.Option;

/** How long sequences are: options of all commands that cost a workload. */
final class Lengths {

  @Option(names = "--prefill", required = true, description = "Prompt length, tokens.")
  int prefill;

  @Option(names = "--generate", required = true, description = "Generated length, tokens.")
  int generate;
}
