package io.llamamesh.registration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A registration of a probe: the body of {@code POST /api/v1/register} as every revision of
 * llama-sd's server takes it.
 *
 * @param port the reflector's UDP port
 * @param keepaliveSeconds how long it counts without another
 * @param group the group; null: the registry's default
 * @param ip the reflector's address; null: where the request comes from
 * @param tags tags of points about it, of which {@code version}, {@code probe_name} and {@code
 *     probe_shortname} are asked for by llama-sd's last server
 * @param instance which probe it is whatever its address; null where another program fetches the
 *     config
 * @param push whether it posts its windows itself, so that scrapers do not poll it
 */
public record ProbeRegistration(
    int port,
    int keepaliveSeconds,
    @Nullable String group,
    @Nullable String ip,
    Map<String, String> tags,
    @Nullable String instance,
    boolean push) {
  private static final JsonMapper JSON = new JsonMapper();

  /** A registration of a probe that is polled. */
  public ProbeRegistration(
      int port,
      int keepaliveSeconds,
      @Nullable String group,
      @Nullable String ip,
      Map<String, String> tags,
      @Nullable String instance) {
    this(port, keepaliveSeconds, group, ip, tags, instance, false);
  }

  public ProbeRegistration {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("the port must be from 1 to 65535, was " + port);
    }
    if (keepaliveSeconds < 10 || keepaliveSeconds > 2_592_000) {
      throw new IllegalArgumentException(
          "the keepalive must be from 10 to 2592000 seconds, was " + keepaliveSeconds);
    }
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }

  /** The same of a probe that posts its windows itself. */
  public ProbeRegistration pushing() {
    return new ProbeRegistration(port, keepaliveSeconds, group, ip, tags, instance, true);
  }

  /** The same with another address; null: where the request comes from. */
  public ProbeRegistration withIp(@Nullable String other) {
    return new ProbeRegistration(port, keepaliveSeconds, group, other, tags, instance, push);
  }

  byte[] json() {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("port", port);
    members.put("keepalive", keepaliveSeconds);
    if (group != null) {
      members.put("group", group);
    }
    if (ip != null) {
      members.put("ip", ip);
    }
    members.put("tags", tags);
    if (instance != null) {
      members.put("instance", instance);
    }
    if (push) {
      members.put("push", true);
    }
    try {
      return JSON.writeValueAsString(members).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of text can be written", e);
    }
  }
}
