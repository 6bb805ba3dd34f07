package io.llamamesh.registry.directory;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A registration as it was posted, checked, with defaults filled in.
 *
 * @param group the group
 * @param port the reflector's port
 * @param keepaliveSeconds how long it counts without another
 * @param ip the address to be probed, as posted; null: where the request comes from
 * @param tags tags for points about it, as text, in the order posted
 * @param instance which probe it is whatever its address; null from clients of llama-sd
 * @param document all members but the instance, what is unknown too: compact JSON in ASCII, members
 *     sorted. As text, since as objects it would take some ten times the heap
 */
public record Registration(
    String group,
    int port,
    double keepaliveSeconds,
    @Nullable String ip,
    Map<String, String> tags,
    @Nullable String instance,
    String document) {

  public Registration {
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }
}
