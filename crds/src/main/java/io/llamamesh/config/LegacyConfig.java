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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The legacy form: one key per reflector, its tags below ({@code 10.0.0.2: {rack: r1}}). Everything
 * else is what Go LLAMA takes for it: 30 s windows, 4 source ports, 4 probes a second on each.
 */
final class LegacyConfig {
  private static final String NAME = "default";

  private LegacyConfig() {}

  static boolean isLegacy(JsonNode tree, Set<String> sections) {
    for (var entry : tree.properties()) {
      if (sections.contains(entry.getKey())
          || !(entry.getValue().isObject() || entry.getValue().isNull())) {
        return false;
      }
    }
    return !tree.isEmpty();
  }

  static CollectorConfig read(JsonNode tree, int port) throws InvalidConfigException {
    List<Target> targets = new ArrayList<>();
    for (var entry : tree.properties()) {
      Map<String, String> tags = new LinkedHashMap<>();
      for (var tag : entry.getValue().properties()) {
        if (!tag.getValue().isValueNode()) {
          throw new InvalidConfigException(
              entry.getKey() + "." + tag.getKey() + " must be a plain value, the tag's text");
        }
        tags.put(tag.getKey(), tag.getValue().asText());
      }
      targets.add(new Target(entry.getKey(), port, tags, null, null));
    }
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
