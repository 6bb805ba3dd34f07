package io.llamamesh.agent.config;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * State of the config: the running document, and the newest refusal.
 *
 * @param origin where the running config came from; null when none runs
 * @param pairs number of pairs that it probes
 * @param ignored unknown keys that were skipped
 * @param skipped targets that were left out, one line each
 * @param error reason why the newest document was refused; null when it runs
 * @param applied number of documents that were applied
 * @param refused number of documents that were refused
 */
public record ConfigState(
    @Nullable String origin,
    int pairs,
    List<String> ignored,
    List<String> skipped,
    @Nullable String error,
    long applied,
    long refused) {

  /** Before the first document. */
  public static final ConfigState NONE = new ConfigState(null, 0, List.of(), List.of(), null, 0, 0);

  public ConfigState {
    ignored = List.copyOf(ignored);
    skipped = List.copyOf(skipped);
  }

  /** The same, with further targets that are left out. */
  public ConfigState withSkipped(List<String> further) {
    return further.isEmpty()
        ? this
        : new ConfigState(
            origin,
            pairs,
            ignored,
            Stream.concat(skipped.stream(), further.stream()).toList(),
            error,
            applied,
            refused);
  }

  /** A document was applied: it runs, and there is no error. */
  ConfigState withDocument(
      String newOrigin, int newPairs, List<String> newIgnored, List<String> newSkipped) {
    return new ConfigState(newOrigin, newPairs, newIgnored, newSkipped, null, applied + 1, refused);
  }

  /** The running document was mapped again, to another plan. */
  ConfigState withPlan(int newPairs, List<String> newSkipped) {
    return new ConfigState(origin, newPairs, ignored, newSkipped, error, applied, refused);
  }

  /** The newest document was refused; the running one stays. */
  ConfigState withRefusal(String newError) {
    return new ConfigState(origin, pairs, ignored, skipped, newError, applied, refused + 1);
  }

  /** The running document is the newest again. */
  ConfigState withoutError() {
    return new ConfigState(origin, pairs, ignored, skipped, null, applied, refused);
  }

  /** There is no document any more. */
  ConfigState withoutDocument() {
    return new ConfigState(null, 0, List.of(), List.of(), null, applied, refused);
  }
}
