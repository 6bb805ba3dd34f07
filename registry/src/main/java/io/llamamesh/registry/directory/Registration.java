package io.llamamesh.registry.directory;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
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
 * @param document all members, as JSON values; what is unknown is kept
 */
public record Registration(
    String group,
    int port,
    double keepaliveSeconds,
    @Nullable String ip,
    Map<String, String> tags,
    @Nullable String instance,
    SortedMap<String, Object> document) {

  public Registration {
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
    document = Collections.unmodifiableSortedMap(new TreeMap<>(document));
  }
}
