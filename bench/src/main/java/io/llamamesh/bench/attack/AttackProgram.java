package io.llamamesh.bench.attack;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.bench.process.Child;
import io.llamamesh.bench.process.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A program under attack: as it is shipped where it is built, else by our own class path. */
final class AttackProgram implements AutoCloseable {

  /** Our programs, with the memory limit that the operator gives their containers. */
  enum Kind {
    AGENT("agent", "io.llamamesh.agent.main.AgentMain", 64, 192),
    SCRAPER("scraper", "io.llamamesh.scraper.main.ScraperMain", 344, 512),
    REGISTRY("registry", "io.llamamesh.registry.main.RegistryMain", 256, 384);

    private final String module;
    private final String main;
    private final int heapMebibytes;
    private final int limitMebibytes;

    Kind(String module, String main, int heapMebibytes, int limitMebibytes) {
      this.module = module;
      this.main = main;
      this.heapMebibytes = heapMebibytes;
      this.limitMebibytes = limitMebibytes;
    }

    private List<String> command() {
      try {
        return BenchFolder.program(module);
      } catch (IOException notBuilt) {
        return List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xss512k",
            "-Xmx" + heapMebibytes + "m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            main);
      }
    }
  }

  private final String name;
  private final Kind kind;
  private final Child child;

  private AttackProgram(String name, Kind kind, Child child) {
    this.name = name;
    this.kind = kind;
    this.child = child;
  }

  /**
   * Starts one.
   *
   * @param folder for its log
   * @param options subcommand first
   */
  static AttackProgram start(String name, Kind kind, Path folder, List<String> options)
      throws IOException {
    List<String> command = new ArrayList<>(kind.command());
    command.addAll(options);
    Map<String, String> home = Map.of("HOME", folder.toString());
    return new AttackProgram(name, kind, Child.start(name, command, home, folder));
  }

  String name() {
    return name;
  }

  Kind kind() {
    return kind;
  }

  boolean isAlive() {
    return child.isAlive();
  }

  String output() throws IOException {
    return child.output();
  }

  /** Most memory that it ever had, MiB. */
  double peakMebibytes() throws IOException {
    return Usage.mebibytes(child.pid(), "VmHWM");
  }

  int limitMebibytes() {
    return kind.limitMebibytes;
  }

  @Override
  public void close() {
    child.close();
  }
}
