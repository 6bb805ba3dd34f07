/**
 * Keys and tokens: the rings of a mounted Secret, the keys of this node, and the check of who may
 * read; imports {@code .wire}'s and the fabric's keys, {@code .net}'s blocks of addresses, and the
 * contracts' rings and keys.
 */
@NullMarked
package io.llamamesh.agent.auth;

import org.jspecify.annotations.NullMarked;
