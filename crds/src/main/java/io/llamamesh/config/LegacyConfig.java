package io.llamamesh.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.config.CollectorConfig.Api;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Summarization;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfig.Test;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The legacy form: one key per reflector, its tags below ({@code 10.0.0.2: {rack: r1}}). Everything
 * else is what Go LLAMA takes for it: 30 s windows, 4 source ports, 4 probes a second on each.
 */
final class LegacyConfig {
  private static final String NAME = "default";

  private LegacyConfig() {}

  static boolean isLegacy(JsonNode tree, Set<String> sections) {
    for (var entry : tree.properties()) {
      JsonNode value = entry.getValue();
      boolean tags =
          value.isObject() || value.isNull() || (value.isTextual() && value.asText().isEmpty());
      if (sections.contains(entry.getKey()) || !tags) {
        return false;
      }
    }
    return !tree.isEmpty();
  }

  static CollectorConfig of(Map<String, @Nullable Map<String, String>> reflectors, int port) {
    List<Target> targets = new ArrayList<>();
    reflectors.forEach((ip, tags) ->
        targets.add(new Target(ip, port, tags == null ? Map.of() : tags, null, null)));
    return new CollectorConfig(
        null,
        null,
        null,
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
