package io.llamamesh.agent.main;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.results.IpText;
import io.llamamesh.results.Point.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tags of this agent on points of its reflector, where it is the destination. */
final class Identity {

  private final Supplier<@Nullable CollectorConfig> running;
  private final AgentSettings settings;

  Identity(Supplier<@Nullable CollectorConfig> running, AgentSettings settings) {
    this.running = running;
    this.settings = settings;
  }

  Map<String, String> destinationTags() {
    Map<String, String> tags = new HashMap<>();
    String name = settings.nodeName();
    String mesh = settings.mesh();
    CollectorConfig config = running.get();
    if (config != null) {
      CollectorConfig.Source source = config.source();
      if (source != null && source.name() != null) {
        name = source.name();
      } else if (source != null && name == null) {
        name = source.tags().get(CollectorConfig.SRC_HOSTNAME);
      }
      mesh = config.mesh() == null ? mesh : config.mesh();
    }
    if (name != null) {
      tags.put(Tags.DST_NAME, name);
    }
    if (mesh != null) {
      tags.put(Tags.MESH, mesh);
    }
    settings.addresses().stream()
        .filter(address -> !address.isAnyLocalAddress())
        .findFirst()
        .map(IpText::of)
        .ifPresent(address -> tags.put(Tags.DST_IP, address));
    return tags;
  }
}
