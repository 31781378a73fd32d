package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher chooses heap and direct memory from machine and container. */
class LauncherTest {

  private static final long GIB = 1L << 30;

  @TempDir Path folder;

  private Path system;

  @BeforeEach
  void aMachineOfSixtyFourGibibytesAndAJavaThatSaysHowItWasStarted() throws IOException {
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"LC_ALL=$LC_ALL\" \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    // Without a pom.xml beside it, it takes itself for an unpacked archive, which needs no build.
    Files.copy(
        Path.of("../puzzle"), Files.createDirectories(folder.resolve("bin")).resolve("puzzle"));
    system = folder.resolve("system");
    put("proc/meminfo", "MemFree: 1 kB\nMemTotal: %d kB\n".formatted(64 * GIB / 1024));
  }

  private void put(String file, String content) throws IOException {
    Path path = system.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }

  private List<String> java(String... arguments) throws IOException {
    return javaUnder("C.UTF-8", arguments);
  }

  private List<String> javaUnder(String locale, String... arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(
                    Stream.of("bash", folder.resolve("bin/puzzle").toString()),
                    Stream.of(arguments))
                .toList());
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("PUZZLE_SYSTEM_ROOT", system.toString());
    builder.environment().put("PUZZLE_JAVA_OPTIONS", "-Xmx77m -Done=two");
    builder.environment().put("LC_ALL", locale);
    Process process = builder.redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  private void expect(long memory, long heap, long direct, String... arguments) throws IOException {
    List<String> java = java(arguments);
    assertTrue(java.contains("-Dpuzzle.memory=" + memory), java::toString);
    assertTrue(java.contains("-Xmx" + (heap >> 20) + "m"), java::toString);
    assertTrue(java.contains("-XX:MaxDirectMemorySize=" + (direct >> 20) + "m"), java::toString);
  }

  @Test
  void anEighthOfTheMachineEachForHeapAndDirectBuffers() throws IOException {
    expect(64 * GIB, 8 * GIB, 8 * GIB, "run", "x.yaml");
  }

  @Test
  void namesOfFilesAreUtf8WhateverTheLocale() throws IOException {
    assertTrue(javaUnder("C", "doctor").contains("LC_ALL=C.UTF-8"));
    assertTrue(javaUnder("de_DE.ISO-8859-1", "doctor").contains("LC_ALL=C.UTF-8"));
    assertTrue(javaUnder("de_DE.UTF-8", "doctor").contains("LC_ALL=de_DE.UTF-8"));
    assertTrue(javaUnder("en_US.utf8", "doctor").contains("LC_ALL=en_US.utf8"));
  }

  @Test
  void whatTalksToANodeTakesTheLeast() throws IOException {
    expect(64 * GIB, GIB, GIB / 2, "status");
  }

  @Test
  void theLeastLimitOfAllGroupsAboveHolds() throws IOException {
    put("proc/self/cgroup", "0::/kubepods/pod/box\n");
    put("sys/fs/cgroup/kubepods/pod/box/memory.max", "max\n");
    put("sys/fs/cgroup/kubepods/pod/memory.max", Long.toString(16 * GIB));
    put("sys/fs/cgroup/kubepods/memory.max", Long.toString(40 * GIB));
    expect(16 * GIB, 2 * GIB, 2 * GIB, "run");
    assertTrue(
        java("run").stream()
            .anyMatch(
                o ->
                    o.startsWith("-Dpuzzle.memory-from=the limit in ")
                        && o.endsWith("kubepods/pod/memory.max")));
  }

  @Test
  void aContainerOfTheOldKindSeesItsLimitAtTheRoot() throws IOException {
    put("proc/self/cgroup", "5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", Long.toString(GIB));
    expect(GIB, GIB / 3, GIB / 6, "run");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
    expect(64 * GIB, 8 * GIB, 8 * GIB, "run");
  }

  @Test
  void nodesOfOneHostShareItByTheirDevices() throws IOException {
    for (int gpu = 0; gpu < 8; gpu++) {
      put("proc/driver/nvidia/gpus/0000:0" + gpu + "/information", "");
    }
    expect(8 * GIB, GIB, GIB, "node", "--devices", "1");
    expect(32 * GIB, 4 * GIB, 4 * GIB, "node", "--roles", "gpu", "--devices=4");
    expect(64 * GIB, 8 * GIB, 8 * GIB, "run", "--devices", "1");
  }

  @Test
  void theVariableComesLastAndSoOverrides() throws IOException {
    List<String> java = java("run");
    int chosen = java.indexOf("-Xmx" + (8 * GIB >> 20) + "m");
    assertTrue(chosen >= 0 && java.indexOf("-Xmx77m") > chosen, java::toString);
    assertEquals("run", java.get(java.size() - 1));
  }
}
