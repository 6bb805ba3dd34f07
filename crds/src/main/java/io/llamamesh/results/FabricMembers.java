package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Members of the fabric by the word of one agent: {@code /v1/members}.
 *
 * @param self the agent's own name
 * @param members all that it knows of, itself included
 */
@JsonPropertyOrder({"self", "members"})
public record FabricMembers(String self, List<Member> members) {
  /** Longest name of a member: a DNS name's. */
  public static final int MAX_NAME = 253;

  public FabricMembers {
    Objects.requireNonNull(self, "self");
    members = List.copyOf(members);
  }

  /**
   * A member.
   *
   * @param name its name
   * @param incarnation the number of its life; 0 if unknown
   * @param address where its port of the fabric is; empty if unknown
   * @param state its state
   * @param fabricBlocked whether it is up and has had no link for some seconds
   * @param heardSecondsAgo when the agent itself heard it last; absent where it does not watch it
   * @param neighbors its links, by its own word
   * @param hears for whom it vouches without a link
   */
  @JsonPropertyOrder({
    "name",
    "incarnation",
    "address",
    "state",
    "fabricBlocked",
    "heardSecondsAgo",
    "neighbors",
    "hears"
  })
  public record Member(
      String name,
      long incarnation,
      String address,
      FabricState state,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean fabricBlocked,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double heardSecondsAgo,
      List<String> neighbors,
      List<String> hears) {
    public Member {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(address, "address");
      Objects.requireNonNull(state, "state");
      if (name.length() > MAX_NAME) {
        throw new IllegalArgumentException("a name of " + name.length() + " characters");
      }
      neighbors = List.copyOf(neighbors);
      hears = List.copyOf(hears);
    }

    /** The same without the time of its last word, which changes all the time. */
    public Member withoutHeard() {
      return new Member(name, incarnation, address, state, fabricBlocked, null, neighbors, hears);
    }
  }

  /** The same without the times of the members' last words, which change all the time. */
  public FabricMembers withoutHeard() {
    return new FabricMembers(self, members.stream().map(Member::withoutHeard).toList());
  }
}
