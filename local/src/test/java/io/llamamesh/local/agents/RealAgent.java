package io.llamamesh.local.agents;

import io.llamamesh.agent.points.WindowPoints;
import io.llamamesh.agent.store.WindowFiles;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.results.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The agent program on a loopback address of its own: windows of a second, kept on disk. */
final class RealAgent {
  private final int number;
  private final int port;
  private final Path state;
  private final Program program;

  /**
   * @param number from 1
   * @param all how many there are; each probes the others
   * @param port of reflectors and APIs
   * @param ingest port of the scraper's
   * @param folder for its files
   */
  RealAgent(int number, int all, int port, int ingest, Path folder) throws IOException {
    this.number = number;
    this.port = port;
    this.state = Files.createDirectory(folder.resolve("state-" + number));
    Path config = folder.resolve("config-" + number + ".yaml");
    Files.writeString(config, config(all, ingest));
    this.program =
        new Program(
            "agent",
            folder.resolve(name() + ".log"),
            List.of(
                "agent",
                "--config=" + config,
                "--bind=" + address(number),
                "--port=" + port,
                "--api-port=" + port,
                "--state-dir=" + state));
  }

  String name() {
    return "node-" + number;
  }

  String api() {
    return address(number) + ":" + port;
  }

  Program program() {
    return program;
  }

  /**
   * What it published in all its lives, when it has ended: {@code milliseconds source>destination}.
   */
  Set<String> published() throws IOException {
    Set<String> windows = new TreeSet<>();
    try (WindowFiles files = WindowFiles.open(state)) {
      for (ClosedWindow window : files.archive().after(0, Integer.MAX_VALUE).windows()) {
        WindowPoints.of(
            window,
            false,
            Map.of(),
            point -> {
              if (point.measurement().equals(Point.RAW_STATS)) {
                windows.add(
                    "%d %s>%s"
                        .formatted(
                            point.time().toEpochMilli(),
                            point.tags().get(Point.Tags.SRC_NAME),
                            point.tags().get(Point.Tags.DST_NAME)));
              }
            });
      }
    }
    return windows;
  }

  private String config(int all, int ingest) {
    StringBuilder yaml =
        new StringBuilder(
            """
            version: 1
            mesh: default
            source: {name: %s}
            summarization: {interval: 1}
            retention: 600
            ingest: {url: "http://127.0.0.1:%d/ingest"}
            ports: {default: {timeout: 500, base_port: 27000, payload_bytes: 200}}
            port_groups: {default: [{port: default, count: 2}]}
            rate_limits: {default: {cps: 5}}
            tests: [{targets: default, port_group: default, rate_limit: default}]
            targets:
              default:
            """
                .formatted(name(), ingest));
    for (int other = 1; other <= all; other++) {
      if (other != number) {
        yaml.append(
            "  - {name: node-%d, ip: %s, port: %d}%n".formatted(other, address(other), port));
      }
    }
    return yaml.toString();
  }

  private static String address(int number) {
    return "127.0.77." + number;
  }
}
