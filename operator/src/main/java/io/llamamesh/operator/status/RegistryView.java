package io.llamamesh.operator.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import io.llamamesh.results.ResultsJson;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a mesh's registry.
 *
 * @param probes those that were registered when it last answered, by group and name
 * @param leftOut further ones that were, for which a ConfigMap has no room
 * @param withoutTags how many of the probes are here without their tags, for which it has none
 * @param problem why it does not answer, in words for people; null where it does
 */
public record RegistryView(
    List<ListedProbe> probes, int leftOut, int withoutTags, @Nullable String problem) {
  /**
   * Most bytes of all probes as the mesh's ConfigMap has them, some third of what one holds: nodes
   * and their names are in it too.
   */
  static final int MAX_BYTES = 330_000;

  /** Nobody has been asked yet. */
  public static final RegistryView NOT_ASKED =
      new RegistryView(List.of(), 0, 0, "the registry has not been asked yet");

  private static final Comparator<ListedProbe> ORDER =
      Comparator.comparing(ListedProbe::group)
          .thenComparing(ListedProbe::name)
          .thenComparing(ListedProbe::ip)
          .thenComparing(ListedProbe::port);

  public RegistryView {
    probes = List.copyOf(probes);
  }

  /**
   * A registry's answer, bounded: what probes say of themselves goes into ConfigMaps, and they may
   * say much. The shortest are kept, so that who says too much is left out itself.
   *
   * @param listed in any order
   * @param tags names of those tags of theirs that the mesh uses; others are dropped
   */
  public static RegistryView of(List<ListedProbe> listed, Set<String> tags) {
    List<Sized> named =
        listed.stream()
            .filter(probe -> !probe.name().isEmpty())
            .map(probe -> Sized.of(probe, tags))
            .sorted(
                Comparator.comparingInt((Sized probe) -> probe.bytes())
                    .thenComparing(Sized::bare, ORDER))
            .toList();
    long left = MAX_BYTES;
    List<Sized> kept = new ArrayList<>();
    for (Sized probe : named) {
      left -= probe.bytes();
      if (left >= 0) {
        kept.add(probe);
      }
    }
    int leftOut = named.size() - kept.size();
    left = MAX_BYTES - kept.stream().mapToLong(Sized::bytes).sum();
    kept.sort(
        Comparator.comparingInt((Sized probe) -> probe.tagBytes())
            .thenComparing(Sized::bare, ORDER));
    int withoutTags = 0;
    List<ListedProbe> probes = new ArrayList<>();
    for (Sized probe : kept) {
      left -= probe.tagBytes();
      boolean fits = left >= 0 || probe.tagBytes() == 0;
      probes.add(fits ? probe.whole() : probe.bare());
      withoutTags += fits ? 0 : 1;
    }
    probes.sort(ORDER);
    return new RegistryView(probes, leftOut, withoutTags, null);
  }

  /** The same probes, of a registry that does not answer now. */
  public RegistryView withProblem(String words) {
    return new RegistryView(probes, leftOut, withoutTags, words);
  }

  /** How many are registered. */
  int registered() {
    return probes.size() + leftOut;
  }

  /** False until it has been asked for the first time. */
  boolean isAsked() {
    return problem == null || !problem.equals(NOT_ASKED.problem());
  }

  /**
   * A probe with and without its tags.
   *
   * @param bytes of the one without as JSON
   * @param tagBytes what the tags add
   */
  private record Sized(ListedProbe whole, ListedProbe bare, int bytes, int tagBytes) {
    static Sized of(ListedProbe probe, Set<String> tags) {
      Map<String, String> used = new TreeMap<>(probe.tags());
      used.keySet().retainAll(new HashSet<>(tags));
      ListedProbe whole = with(probe, used);
      ListedProbe bare = with(probe, Map.of());
      int bytes = bytes(bare);
      return new Sized(whole, bare, bytes, used.isEmpty() ? 0 : bytes(whole) - bytes);
    }

    private static ListedProbe with(ListedProbe probe, Map<String, String> tags) {
      return new ListedProbe(
          probe.group(), probe.ip(), probe.port(), probe.seen(), probe.name(), probe.push(), tags);
    }

    /** With the comma after it. */
    private static int bytes(ListedProbe probe) {
      try {
        return ResultsJson.mapper().writeValueAsBytes(probe).length + 1;
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("records of text can be written", e);
      }
    }
  }
}
