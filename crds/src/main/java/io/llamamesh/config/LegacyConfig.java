package io.llamamesh.config;

import io.llamamesh.config.CollectorConfig.Api;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Source;
import io.llamamesh.config.CollectorConfig.Summarization;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfig.Test;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The legacy form: one key per reflector, its tags below ({@code 10.0.0.2: {rack: r1}}). Everything
 * else is what Go LLAMA takes for it: 30 s windows, 4 source ports, 4 probes a second on each. The
 * tags {@code src_hostname} and {@code dst_hostname} are added where the document has none, as the
 * Python LLAMA does.
 */
final class LegacyConfig {
  private static final String NAME = "default";

  private LegacyConfig() {}

  static boolean isLegacy(YamlValue document) throws InvalidConfigException {
    Map<String, YamlValue> keys = document.mapping();
    for (Map.Entry<String, YamlValue> entry : keys.entrySet()) {
      YamlValue value = entry.getValue();
      boolean tags = value.isMapping() || value.isNull() || isEmpty(value);
      if (ConfigReader.SECTIONS.contains(entry.getKey()) || !tags) {
        return false;
      }
    }
    return !keys.isEmpty();
  }

  private static boolean isEmpty(YamlValue value) throws InvalidConfigException {
    return value.isScalar() && "".equals(value.text());
  }

  /**
   * The config that is meant.
   *
   * @param tags the reflectors' tags, by address or host name
   * @param port their port
   * @param hostName what this host is called; null where nobody knows
   */
  static CollectorConfig of(
      Map<String, Map<String, String>> tags, int port, @Nullable String hostName) {
    List<Target> targets = new ArrayList<>();
    tags.forEach((host, own) -> {
      Map<String, String> all = new LinkedHashMap<>(own);
      all.putIfAbsent(CollectorConfig.DST_HOSTNAME, host);
      targets.add(new Target(host, port, all, null, null));
    });
    return of(
        targets,
        hostName == null ? null : new Source(null, Map.of(CollectorConfig.SRC_HOSTNAME, hostName)));
  }

  /** The config of Go LLAMA's collector that has none: it probes the reflector beside it. */
  static CollectorConfig ofNothing(int port) {
    return of(List.of(new Target("127.0.0.1", port, Map.of(), null, null)), null);
  }

  private static CollectorConfig of(List<Target> targets, @Nullable Source source) {
    return new CollectorConfig(
        null,
        null,
        source,
        Summarization.LLAMA_DEFAULT,
        new Api("0.0.0.0:5000"),
        Map.of(NAME, new Port("0.0.0.0", 0, 0, 1000, null, null, null)),
        Map.of(NAME, List.of(new PortGroupEntry(NAME, 4))),
        Map.of(NAME, new RateLimit(4.0)),
        List.of(new Test(NAME, NAME, NAME)),
        Map.of(NAME, targets),
        null,
        null);
  }
}
