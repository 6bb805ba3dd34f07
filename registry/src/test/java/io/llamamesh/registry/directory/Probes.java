package io.llamamesh.registry.directory;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetAddress;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A registry on a fake clock, and probes that ask it as clients do. */
final class Probes {
  static final LocalDateTime DATE = LocalDateTime.of(2026, 11, 29, 5, 40, 50, 45_404_000);

  private final List<String> events = new ArrayList<>();
  private final RegistrySettings settings;
  private Registry registry;
  private long nanos = 1_000_000_000_000L;
  private LocalDateTime date = DATE;

  Probes(RegistrySettings settings) {
    this.settings = settings;
    this.registry = fresh();
  }

  Probes() {
    this(RegistrySettings.DEFAULT);
  }

  private Registry fresh() {
    return new Registry(
        settings,
        () -> nanos,
        () -> date,
        new RegistryListener() {
          @Override
          public void displaced(String group, String probe, String winner, String what) {
            events.add("displaced " + probe);
          }

          @Override
          public void restrictedToSite(String group, String probe, String seen) {
            events.add("site only " + probe);
          }

          @Override
          public void registeredFromTwoPlaces(String group, String probe, String seen) {
            events.add("elsewhere " + probe);
          }

          @Override
          public void restored(String group, String probe) {
            events.add("restored " + probe);
          }
        });
  }

  Registry registry() {
    return registry;
  }

  /** Displacements, and addresses that differ, as they were told. */
  List<String> events() {
    return events;
  }

  /** The wall clock is set, as by NTP or for summer time. */
  void setClock(long hours) {
    date = date.plusHours(hours);
  }

  void pass(long seconds) {
    nanos += seconds * 1_000_000_000L;
  }

  /** Another life of the registry, after a while, from what this one saved. */
  int restart(long secondsAway) {
    List<SavedProbe> saved = registry.save();
    pass(secondsAway);
    registry = fresh();
    return registry.restore(saved);
  }

  @Nullable Conflict register(String seen, String json) {
    try {
      return registry
          .register(RegistrationReader.read(json.getBytes(UTF_8), settings), address(seen))
          .conflict();
    } catch (RequestRefusedException e) {
      throw new AssertionError(e.text(), e);
    }
  }

  RequestRefusedException refusal(String seen, String json) {
    try {
      registry.register(RegistrationReader.read(json.getBytes(UTF_8), settings), address(seen));
    } catch (RequestRefusedException e) {
      return e;
    }
    throw new AssertionError("it was accepted");
  }

  /** As the last probe of llama-sd does. */
  @Nullable Conflict probe(String seen, String name, int port) {
    return register(seen, old(name, port));
  }

  static String old(String name, int port) {
    return """
    {"port":%d,"keepalive":300,"group":"wan",\
    "tags":{"version":"1.1.0","probe_shortname":"%s","probe_name":"host-%s"}}\
    """
        .formatted(port, name, name);
  }

  /** As our agent does. */
  @Nullable Conflict agent(String seen, String name, String instance) {
    return register(
        seen,
        """
        {"port":8100,"keepalive":300,"group":"wan","instance":"%s",\
        "tags":{"version":"1","probe_shortname":"%s","probe_name":"%s"}}\
        """
            .formatted(instance, name, name));
  }

  String config(String seen, @Nullable Integer port) {
    try {
      return new String(registry.config(query(seen, port, null)).yaml(), UTF_8);
    } catch (RequestRefusedException e) {
      throw new AssertionError(e.text(), e);
    }
  }

  String agentConfig(String seen, String instance) {
    try {
      return new String(registry.config(query(seen, 8100, instance)).yaml(), UTF_8);
    } catch (RequestRefusedException e) {
      throw new AssertionError(e.text(), e);
    }
  }

  RequestRefusedException noConfig(ConfigQuery query) {
    try {
      var _ = registry.config(query);
    } catch (RequestRefusedException e) {
      return e;
    }
    throw new AssertionError("there is a config");
  }

  static ConfigQuery query(String seen, @Nullable Integer port, @Nullable String instance) {
    return new ConfigQuery(
        "wan", port == null ? null : port.toString(), null, instance, address(seen));
  }

  static InetAddress address(String literal) {
    return InetAddress.ofLiteral(literal);
  }
}
