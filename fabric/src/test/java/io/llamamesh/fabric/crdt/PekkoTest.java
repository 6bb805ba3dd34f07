package io.llamamesh.fabric.crdt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.testing.Cases;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.ddata.Flag;
import org.apache.pekko.cluster.ddata.GCounter;
import org.apache.pekko.cluster.ddata.LWWRegister;
import org.apache.pekko.cluster.ddata.ORMap;
import org.apache.pekko.cluster.ddata.ORSet;
import org.apache.pekko.cluster.ddata.PNCounter;
import org.apache.pekko.cluster.ddata.SelfUniqueAddress;
import org.junit.jupiter.api.Test;

/** The same operations and joins as Pekko's data types, which must read the same at every step. */
class PekkoTest {

  private static final List<String> NAMES = List.of("a", "b", "c", "d");

  @Test
  void everyTypeReadsAsPekkosDoes() {
    Cases.seeds(400)
        .forEach(seed -> {
          SplittableRandom random = Cases.random(seed);
          List<Pair> pairs = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            pairs.add(new Pair(i));
          }
          for (int step = 1; step <= 50; step++) {
            Pair pair = pairs.get(random.nextInt(pairs.size()));
            if (random.nextInt(4) == 0) {
              pair.join(pairs.get(random.nextInt(pairs.size())));
            } else {
              pair.operate(random, step);
            }
            pair.check("seed " + seed + " step " + step);
          }
          for (Pair pair : pairs) {
            pairs.forEach(pair::join);
            pair.check("seed " + seed + " joined");
          }
        });
  }

  /** One replica, as we and as Pekko have it. */
  private static final class Pair {
    private final Actor actor;
    private final SelfUniqueAddress node;
    private Document ours = Document.EMPTY;
    private GCounter growing = GCounter.create();
    private PNCounter counter = PNCounter.create();
    private ORSet<String> set = ORSet.create();
    private ORSet<String> enabled = ORSet.create();
    private Flag flag = Flag.create();
    private LWWRegister<String> register;
    private ORMap<String, LWWRegister<String>> registers = ORMap.create();
    private ORMap<String, PNCounter> counters = ORMap.create();

    Pair(int index) {
      actor = new Actor("n" + index, 1);
      node =
          new SelfUniqueAddress(
              new UniqueAddress(new Address("pekko", "test", "n" + index, 2551), index + 1L));
      register = LWWRegister.create(node, "", (before, value) -> 0L);
    }

    void operate(SplittableRandom random, long time) {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      int by = random.nextInt(20) - 10;
      switch (random.nextInt(10)) {
        case 0 -> {
          update("g", FieldType.COUNTER, new Operation.Increment(Math.abs(by)), time);
          growing = growing.increment(node, Math.abs(by));
        }
        case 1 -> {
          update("c", FieldType.COUNTER, new Operation.Increment(by), time);
          counter = by < 0 ? counter.decrement(node, -by) : counter.increment(node, by);
        }
        case 2, 3 -> {
          update("s", FieldType.SET, new Operation.Add(Set.of(name)), time);
          set = set.add(node, name);
        }
        case 4 -> {
          update("s", FieldType.SET, new Operation.Remove(Set.of(name)), time);
          set = set.remove(node, name);
        }
        case 5 -> {
          boolean enable = random.nextBoolean();
          Operation operation = enable ? new Operation.Enable() : new Operation.Disable();
          update("on", FieldType.FLAG, operation, time);
          // Pekko's flag cannot be switched off: a set of one element is the oracle for that.
          enabled = enable ? enabled.add(node, "on") : enabled.remove(node, "on");
        }
        case 6 -> {
          update("switched", FieldType.FLAG, new Operation.Enable(), time);
          flag = flag.switchOn();
        }
        case 7 -> {
          update("r", FieldType.REGISTER, new Operation.Assign("v" + time), time);
          register = register.withValue(node, "v" + time, (before, value) -> time);
        }
        case 8 -> {
          boolean remove = random.nextInt(3) == 0;
          Field field = new Field(name, FieldType.REGISTER);
          update(
              "m",
              FieldType.MAP,
              new Operation.Update(
                  List.of(
                      remove
                          ? new Operation.RemoveField(field)
                          : new Operation.ChangeField(field, new Operation.Assign("w" + time)))),
              time);
          registers =
              remove
                  ? registers.remove(node, name)
                  : registers.put(
                      node, name, LWWRegister.create(node, "w" + time, (before, value) -> time));
        }
        default -> {
          update(
              "counters",
              FieldType.MAP,
              Operation.Update.field(name, FieldType.COUNTER, new Operation.Increment(by)),
              time);
          counters =
              counters.update(
                  node,
                  name,
                  PNCounter.create(),
                  before -> by < 0 ? before.decrement(node, -by) : before.increment(node, by));
        }
      }
    }

    private void update(String name, FieldType type, Operation operation, long time) {
      try {
        ours = ours.apply(Operation.Update.field(name, type, operation), actor, time, 0).document();
      } catch (OperationException e) {
        throw new AssertionError(e);
      }
    }

    void join(Pair other) {
      ours = ours.join(other.ours);
      growing = growing.merge(other.growing);
      counter = counter.merge(other.counter);
      set = set.merge(other.set);
      enabled = enabled.merge(other.enabled);
      flag = flag.merge(other.flag);
      register = register.merge(other.register);
      registers = registers.merge(other.registers);
      counters = counters.merge(other.counters);
    }

    void check(String step) {
      FieldMap root = ours.root();
      assertThat(root.counter("g")).as(step).isEqualTo(growing.getValue().longValueExact());
      assertThat(root.counter("c")).as(step).isEqualTo(counter.getValue().longValueExact());
      assertThat(root.set("s").elements()).as(step).isEqualTo(new TreeSet<>(set.getElements()));
      assertThat(root.isFlagEnabled("on")).as(step).isEqualTo(enabled.contains("on"));
      assertThat(root.isFlagEnabled("switched")).as(step).isEqualTo(flag.enabled());
      assertThat(root.register("r").value().orElse("")).as(step).isEqualTo(register.getValue());
      // Of a register that was removed while it was written, Pekko may keep a value that the
      // remover had seen; which fields there are is the same.
      assertThat(names(root.map("m"))).as(step).isEqualTo(registers.getEntries().keySet());
      assertThat(names(root.map("counters"))).as(step).isEqualTo(counters.getEntries().keySet());
      counters
          .getEntries()
          .forEach((name, value) ->
              assertThat(root.map("counters").counter(name))
                  .as(step)
                  .isEqualTo(value.getValue().longValueExact()));
    }

    private static Set<String> names(FieldMap map) {
      TreeSet<String> names = new TreeSet<>();
      map.fields().keySet().forEach(field -> names.add(field.name()));
      return names;
    }
  }
}
