package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The example for Docker Compose: its file, and its commands as its services run them. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "a package is for Linux")
@Execution(ExecutionMode.CONCURRENT)
class ComposeIT {
  private static final Path FOLDER = PackageFile.ROOT.resolve("examples/compose");

  @TempDir private Path folder;

  private static ComposeFile file() throws Exception {
    return ComposeFile.read(Files.readString(FOLDER.resolve("compose.yaml")));
  }

  @Test
  void theFileIsWhatComposeTakes() throws Exception {
    file().assertValid(PackageFile.shared().unpack(folder).resolve("compose"));
  }

  /** Its context is the package. */
  @Test
  void theImageHasWhatThePackageHas() throws Exception {
    Path home = PackageFile.shared().unpack(folder);
    for (String line : Files.readAllLines(FOLDER.resolve("Dockerfile"))) {
      if (line.startsWith("COPY ")) {
        String[] words = line.split(" ", -1);
        assertThat(home.resolve(words[1])).isDirectory();
        assertThat(words[2]).isEqualTo("/opt/llama-mesh/" + words[1]);
      }
    }
    JsonNode probe = file().services().get("probe-1");
    assertThat(Files.readString(FOLDER.resolve("Dockerfile")))
        .contains("ENTRYPOINT [\"/opt/llama-mesh/bin/llama-mesh\"]")
        .contains(
            "install -d -o 65532 -g 65532 " + probe.at("/volumes/0").asText().split(":", -1)[1]);
  }

  @Test
  void itsCommandsGiveAMatrixAndPointsInTheStore() throws Exception {
    Optional<String> missing = Machines.missing();
    Assumptions.assumeTrue(missing.isEmpty(), missing::orElseThrow);
    Assumptions.assumeTrue(Tool.exists("influxd"), "needs influxd (package influxdb)");
    ComposeFile file = file();
    Map<String, List<String>> hosts = new LinkedHashMap<>();
    file.services().keySet().forEach(name -> hosts.put(name, List.of()));
    try (Machines machines = Machines.of(folder, hosts)) {
      for (Map.Entry<String, JsonNode> service : file.services().entrySet()) {
        start(machines, service.getKey(), service.getValue());
      }

      machines.awaitMatrix("probe-1", "probe-2");

      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollDelay(Duration.ZERO)
          .untilAsserted(() ->
              assertThat(
                      machines
                          .run(
                              "scraper",
                              "/bin/wget",
                              "-qO-",
                              "http://influxdb:8086/query?db=llama&q=SHOW+MEASUREMENTS")
                          .output())
                  .as(machines.logs())
                  .contains("raw_stats"));
    }
  }

  private void start(Machines machines, String name, JsonNode service) throws Exception {
    if (name.equals("influxdb")) {
      Path data = Files.createDirectory(folder.resolve("influxdb-data"));
      machines.startForeign(
          name,
          Map.of(
              "INFLUXDB_REPORTING_DISABLED",
              service.at("/environment/INFLUXDB_REPORTING_DISABLED").asText(),
              "INFLUXDB_META_DIR",
              data.resolve("meta").toString(),
              "INFLUXDB_DATA_DIR",
              data.resolve("data").toString(),
              "INFLUXDB_DATA_WAL_DIR",
              data.resolve("wal").toString()),
          List.of("influxd"));
    } else {
      Files.writeString(machines.root(name).resolve("run/secrets/token"), "a-token-of-this-test\n");
      machines.start(name, Map.of(), ComposeFile.command(service));
    }
  }
}
