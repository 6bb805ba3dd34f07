package io.llamamesh.agent.silence;

import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.agent.tool.ToolRefusedException.Kind;
import io.llamamesh.fabric.crdt.Field;
import io.llamamesh.fabric.crdt.FieldMap;
import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.store.Change;
import io.llamamesh.fabric.store.Key;
import io.llamamesh.fabric.store.KeyPattern;
import io.llamamesh.fabric.store.Result;
import io.llamamesh.results.SilencedNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Silences in the replicated store: key {@code silence/NODE} with registers {@code since}, {@code
 * until}, {@code by} and {@code because}. All four are written at once, so that of two people the
 * later one's are read.
 */
public final class ReplicatedSilences implements SilenceStore {

  static final String PREFIX = "silence/";

  private static final KeyPattern PATTERN = KeyPattern.of("silence/*");

  /** Keys that are read at most: others than silences may be written there by hand. */
  private static final int MAX_KEYS = 4 * SilencedNode.MAX_SILENCED;

  private final FabricServices services;
  private final Supplier<@Nullable String> unreadyReason;

  /**
   * The silences that a fabric's store has.
   *
   * @param unreadyReason reason why the store may lack what others have; null once it does not
   */
  public ReplicatedSilences(FabricServices services, Supplier<@Nullable String> unreadyReason) {
    this.services = services;
    this.unreadyReason = unreadyReason;
  }

  @Override
  public List<SilencedNode> read() throws ToolRefusedException, InterruptedException {
    if (!services.isOn()) {
      throw new ToolRefusedException(
          Kind.NO_FABRIC, "the fabric, which keeps silences, is off on this agent");
    }
    String unready = unreadyReason.get();
    if (unready != null) {
      // That nobody is silenced would be believed.
      throw new ToolRefusedException(Kind.UNAVAILABLE, unready);
    }
    try {
      List<SilencedNode> found = new ArrayList<>();
      for (Change change : services.list(PATTERN, "", MAX_KEYS)) {
        parse(change.key().parts().getLast(), change.value().fields()).ifPresent(found::add);
      }
      return found;
    } catch (TimeoutException e) {
      throw unavailable(e);
    }
  }

  static Optional<SilencedNode> parse(String node, FieldMap fields) {
    String since = fields.register("since").value().orElse("");
    String until = fields.register("until").value().orElse("");
    try {
      return Optional.of(
          new SilencedNode(
              node,
              Instant.parse(since),
              Instant.parse(until),
              fields.register("by").value().orElse(""),
              fields.register("because").value().orElse("")));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  @Override
  public void write(SilencedNode silence) throws ToolRefusedException, InterruptedException {
    Map<String, String> registers = new TreeMap<>();
    registers.put("since", silence.since().toString());
    registers.put("until", silence.until().toString());
    registers.put("by", silence.by());
    registers.put("because", silence.because());
    List<Operation.FieldChange> changes = new ArrayList<>();
    registers.forEach((name, value) -> {
      changes.add(
          new Operation.ChangeField(
              new Field(name, FieldType.REGISTER), new Operation.Assign(value)));
    });
    operate(silence.node(), new Operation.Update(changes));
  }

  @Override
  public void remove(String node) throws ToolRefusedException, InterruptedException {
    operate(node, new Operation.Clear());
  }

  private void operate(String node, Operation operation)
      throws ToolRefusedException, InterruptedException {
    Key key;
    try {
      key = new Key(PREFIX + node);
    } catch (IllegalArgumentException e) {
      throw new ToolRefusedException(Kind.INVALID, "node: " + e.getMessage());
    }
    try {
      Result result = services.operate(key, operation, null);
      if (!(result instanceof Result.Done)) {
        throw new ToolRefusedException(Kind.UNAVAILABLE, "the store does not keep it: " + result);
      }
    } catch (TimeoutException e) {
      throw unavailable(e);
    }
  }

  private static ToolRefusedException unavailable(TimeoutException e) {
    return new ToolRefusedException(Kind.UNAVAILABLE, String.valueOf(e.getMessage()));
  }
}
