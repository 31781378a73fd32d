package puzzle.actors.drill;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Networks of the kernel's own on one machine, one for each node, joined by a bridge that the
 * machine is on as well: links can be taken away and ways can be blocked as between machines. Wants
 * root and {@code ip}; gone when closed.
 */
final class Namespaces implements AutoCloseable {

  private final String bridge = "pz" + ProcessHandle.current().pid();
  private final String subnet = "10.83." + (20 + ProcessHandle.current().pid() % 200) + ".";
  private final int size;
  private final Set<Way> blocked = new HashSet<>();

  private record Way(int from, int to) {}

  /** Makes them, or says why it cannot be done here. */
  static Optional<Namespaces> of(int size) {
    Namespaces made = new Namespaces(size);
    try {
      made.make();
      return Optional.of(made);
    } catch (IOException e) {
      made.close();
      System.out.println("no network namespaces here: " + e.getMessage());
      return Optional.empty();
    }
  }

  private Namespaces(int size) {
    this.size = size;
  }

  /** Address of a node, counted from 0. */
  String host(int node) {
    return subnet + (node + 1);
  }

  /** Address of the machine, as the nodes see it. */
  String machine() {
    return subnet + "254";
  }

  /** What runs a command in a node's network. */
  List<String> prefix(int node) {
    return List.of("ip", "netns", "exec", name(node));
  }

  /** Takes a node's link away: it reaches nobody, and nobody it. */
  void unplug(int node) throws IOException {
    Shell.run("ip", "link", "set", outer(node), "down");
  }

  void plug(int node) throws IOException {
    Shell.run("ip", "link", "set", outer(node), "up");
  }

  /** Nothing that one node sends reaches the other any more. */
  void block(int from, int to) throws IOException {
    inside(from, "ip", "route", "add", "blackhole", host(to) + "/32");
    blocked.add(new Way(from, to));
  }

  void unblock(int from, int to) throws IOException {
    inside(from, "ip", "route", "del", "blackhole", host(to) + "/32");
    blocked.remove(new Way(from, to));
  }

  /** All ways are open and all links are there again. */
  void mend() throws IOException {
    for (Way way : List.copyOf(blocked)) {
      unblock(way.from(), way.to());
    }
    for (int node = 0; node < size; node++) {
      plug(node);
    }
  }

  /** Two nodes do not hear each other. */
  void part(int one, int other) throws IOException {
    block(one, other);
    block(other, one);
  }

  void join(int one, int other) throws IOException {
    unblock(one, other);
    unblock(other, one);
  }

  @Override
  public void close() {
    List<List<String>> commands = new ArrayList<>();
    for (int node = 0; node < size; node++) {
      commands.add(List.of("ip", "link", "del", outer(node)));
      commands.add(List.of("ip", "netns", "del", name(node)));
    }
    commands.add(List.of("ip", "link", "del", bridge));
    for (List<String> command : commands) {
      try {
        Shell.run(command.toArray(String[]::new));
      } catch (IOException e) {
        // What was never made, or went with something else.
      }
    }
  }

  private void make() throws IOException {
    Shell.run("ip", "link", "add", bridge, "type", "bridge");
    Shell.run("ip", "address", "add", machine() + "/24", "dev", bridge);
    Shell.run("ip", "link", "set", bridge, "up");
    for (int node = 0; node < size; node++) {
      Shell.run("ip", "netns", "add", name(node));
      Shell.run("ip", "link", "add", outer(node), "type", "veth", "peer", "name", inner(node));
      Shell.run("ip", "link", "set", inner(node), "netns", name(node));
      Shell.run("ip", "link", "set", outer(node), "master", bridge);
      Shell.run("ip", "link", "set", outer(node), "up");
      inside(node, "ip", "link", "set", "lo", "up");
      inside(node, "ip", "address", "add", host(node) + "/24", "dev", inner(node));
      inside(node, "ip", "link", "set", inner(node), "up");
    }
  }

  private String name(int node) {
    return bridge + "-" + node;
  }

  private String outer(int node) {
    return bridge + "o" + node;
  }

  private String inner(int node) {
    return bridge + "i" + node;
  }

  private void inside(int node, String... command) throws IOException {
    List<String> all = new ArrayList<>(prefix(node));
    all.addAll(List.of(command));
    Shell.run(all.toArray(String[]::new));
  }
}
