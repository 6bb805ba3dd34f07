package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.LlamaFlags;
import io.llamamesh.scraper.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Command lines of chance: each is refused in one line, or means what is written and no store that
 * nobody asked for. {@code -Dconfigs.mutations=100000} tries more.
 */
final class FlagsFuzzTest {
  private static final int RUNS = Integer.getInteger("configs.mutations", 500);

  private static final Map<String, List<String>> FLAGS = flags();

  private final Random random = new Random(20_261_130);

  private static Map<String, List<String>> flags() {
    Map<String, List<String>> flags = new LinkedHashMap<>();
    flags.put("--collectors", List.of("a", "a:1,b", "[::1]:8100", "", "@x", "1:2:3", "a b"));
    flags.put("--collector-port", List.of("8100", "0", "x"));
    flags.put("--interval", List.of("10s", "1m30s", "30", "1h", "s", "-1s", "1d"));
    flags.put("--influxdb-url", List.of("http://db:8086", "db", "http://u:p@db", "ftp://x", ""));
    flags.put("--influxdb-database", List.of("net", "", " "));
    flags.put("--influxdb-bucket", List.of("b", ""));
    flags.put("-llama.collector-hosts", List.of("a", "a,b", "", "::1", "[::1]", "x:y"));
    flags.put("-llama.collector-port", List.of("5000", "0", "65536", "0x10", ""));
    flags.put("-llama.interval", List.of("30", "10s", "0", "-1", "99999999999", "1e1"));
    flags.put(
        "-llama.influxdb-host", List.of("db", "::1", "[::1]", "db:1", "http://db", "a/b", ""));
    flags.put("-llama.influxdb-port", List.of("8086", "0", "70000", "x", "+1"));
    flags.put("-llama.influxdb-name", List.of("net", "", "a b"));
    flags.put("-llama.influxdb-user", List.of("me", "", "-x", "@y"));
    flags.put("-llama.influxdb-pass", List.of("p", "", "=", "\u00e9"));
    return flags;
  }

  @Test
  void aCommandLineIsRefusedInOneLineOrMeansWhatItSays() {
    List<String> names = List.copyOf(FLAGS.keySet());
    int taken = 0;
    for (int run = 0; run < RUNS; run++) {
      Map<String, String> given = new LinkedHashMap<>();
      for (int left = random.nextInt(5); left > 0; left--) {
        String name = names.get(random.nextInt(names.size()));
        List<String> values = FLAGS.get(name);
        // The first is good, so that whole lines are.
        given.put(name, values.get(random.nextBoolean() ? 0 : random.nextInt(values.size())));
      }
      String mesh = random.nextInt(4) == 0 ? "net" : null;
      taken += taken(given, mesh) ? 1 : 0;
    }
    assertThat(taken).isGreaterThan(RUNS / 10);
  }

  private boolean taken(Map<String, String> given, @Nullable String mesh) {
    ScraperCommand command =
        new ScraperCommand(new Environment(mesh == null ? Map.of() : Map.of("MESH_NAME", mesh)));
    try {
      new CommandLine(command)
          .setExpandAtFiles(false)
          .parseArgs(LlamaFlags.normalized(written(given)));
      command.checkContradictions();
      Duration interval = command.interval();
      try (Store store = command.store()) {
        means(given, mesh, interval, store == null ? null : store.description());
      }
      return true;
    } catch (ParameterException | IllegalArgumentException e) {
      assertThat(e.getMessage()).as("%s", given).isNotBlank().hasLineCount(1);
      return false;
    } catch (RuntimeException e) {
      throw new AssertionError(given.toString(), e);
    }
  }

  private static void means(
      Map<String, String> given, @Nullable String mesh, Duration interval, @Nullable String store) {
    String seconds = given.get("-llama.interval");
    if (seconds != null) {
      assertThat(interval).as("%s", given).hasSeconds(Long.parseLong(seconds));
    } else if (!given.containsKey("--interval")) {
      boolean ours = given.containsKey("--collectors");
      boolean llamas = given.keySet().stream().anyMatch(name -> name.startsWith("-llama.coll"));
      assertThat(interval).as("%s", given).hasSeconds(llamas || (!ours && mesh == null) ? 30 : 10);
    }
    boolean named = given.keySet().stream().anyMatch(name -> name.startsWith("-llama.influxdb"));
    boolean readsLlamas =
        !given.containsKey("--collectors")
            && (mesh == null
                || given.containsKey("-llama.collector-hosts")
                || given.containsKey("-llama.collector-port"));
    if (given.containsKey("--influxdb-url")) {
      assertThat(store).as("%s", given).contains(given.get("--influxdb-url"));
    } else if (named || readsLlamas) {
      String host = given.getOrDefault("-llama.influxdb-host", "");
      assertThat(store)
          .as("%s", given)
          .contains(host.isEmpty() ? "127.0.0.1" : host)
          .contains(
              ":" + Integer.parseInt(given.getOrDefault("-llama.influxdb-port", "5086")) + ",")
          .contains(
              given.getOrDefault(
                  "-llama.influxdb-name", given.getOrDefault("--influxdb-database", "llama")));
    } else {
      assertThat(store).as("%s", given).isNull();
    }
  }

  /** In Go's forms and ours. */
  private String[] written(Map<String, String> given) {
    List<String> line = new ArrayList<>();
    given.forEach((name, value) -> {
      boolean llamas = name.startsWith("-llama");
      String spelled =
          llamas && random.nextBoolean()
              ? (random.nextBoolean() ? "-" + name : name.replace("-llama.", "-udprobe."))
              : name;
      if (value.isEmpty() || value.startsWith("-") || random.nextBoolean()) {
        line.add(spelled + "=" + value);
      } else {
        line.add(spelled);
        line.add(value);
      }
    });
    return line.toArray(String[]::new);
  }
}
