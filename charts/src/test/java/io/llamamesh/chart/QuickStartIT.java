package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llamamesh.testkit.chart.Dist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * LLAMA's quick start: the three programs without flags, beside an InfluxDB on 127.0.0.1:5086. In a
 * network of its own, since the ports are LLAMA's and not free ones.
 */
@SuppressWarnings("InlineFormatString") // A script is read as one.
@Execution(ExecutionMode.CONCURRENT)
class QuickStartIT {
  private static final long SECONDS = 150;

  /**
   * Until a window of 30 s is in the store and judged; then ends what it started, and tells what it
   * saw. The reflector is up first, lest probes of the first window are refused.
   */
  private static final String SCRIPT =
      """
      set -e
      cd '%s'
      ip link set lo up
      influxd -config influxdb.conf >influxd.log 2>&1 &
      trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null' EXIT
      %s >reflector.log 2>&1 &
      reflector=$!
      for i in $(seq 20); do
        if grep -q ' up ' reflector.log; then break; fi
        sleep 0.5
      done
      %s >collector.log 2>&1 &
      collector=$!
      %s >scraper.log 2>&1 &
      get() {
        exec 3<>"/dev/tcp/127.0.0.1/$1"
        printf 'GET %%s HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' "$2" >&3
        cat <&3
      }
      points='/query?db=llama&q=select+received,lost+from+raw_stats+group+by+dst_ip'
      for i in $(seq 100); do
        if (get 5086 "$points") 2>/dev/null | tee points | grep -q '"values"'; then break; fi
        sleep 1
      done
      cat points
      for i in $(seq 15); do
        if (get 8080 /api/v1/report) 2>/dev/null | grep -q '"pointsWritten":[1-9]'; then break; fi
        sleep 1
      done
      get 8080 /api/v1/report
      ps -o comm= -p "$reflector" -p "$collector"
      """;

  @TempDir private Path folder;

  @Test
  void withoutFlagsTheProgramsFindEachOtherAndLlamasInfluxDb() throws Exception {
    assumeTrue(
        has("unshare") && has("ip") && has("influxd") && unshares(),
        "skipped: needs root for a network namespace, iproute2, and influxd on the PATH");
    Files.writeString(
        folder.resolve("influxdb.conf"),
        """
        bind-address = "127.0.0.1:5088"
        reporting-disabled = true
        [meta]
          dir = "%1$s/meta"
        [data]
          dir = "%1$s/data"
          wal-dir = "%1$s/wal"
        [http]
          bind-address = "127.0.0.1:5086"
        """
            .formatted(folder));
    Path script =
        Files.writeString(
            folder.resolve("quick-start"),
            SCRIPT.formatted(
                folder,
                command("agent", "reflector"),
                command("agent", "collector"),
                command("scraper", "scraper")));

    Process process =
        new ProcessBuilder("unshare", "--net", "bash", script.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("seen").toFile())
            .start();
    try {
      assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as(logs()).isTrue();
    } finally {
      process.destroy();
    }

    String seen = Files.readString(folder.resolve("seen"));
    assertThat(seen)
        .as(seen + logs())
        .contains("\"dst_ip\":\"127.0.0.1\"", "\"verdict\":\"Healthy\"", "\"Reachable\"")
        .contains("\ncollector\n", "reflector\n");
  }

  private static String command(String component, String name) {
    return Dist.command(component, Map.of("PATH", "/usr/bin:/bin"), List.of(name)).stream()
        .map(word -> "'" + word + "'")
        .collect(Collectors.joining(" "));
  }

  private static boolean has(String program) throws IOException, InterruptedException {
    return run("sh", "-c", "command -v " + program);
  }

  private static boolean unshares() throws IOException, InterruptedException {
    return run("unshare", "--net", "true");
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  private String logs() throws IOException {
    StringBuilder logs = new StringBuilder();
    for (String name : List.of("reflector", "collector", "scraper", "influxd")) {
      Path log = folder.resolve(name + ".log");
      logs.append('\n').append(name).append(": ");
      logs.append(Files.exists(log) ? Files.readString(log) : "none");
    }
    return logs.toString();
  }
}
