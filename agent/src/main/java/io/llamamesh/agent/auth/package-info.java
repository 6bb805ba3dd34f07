/**
 * Keys and tokens: the rings of a mounted Secret, and the check of who may read; imports {@code
 * .wire}'s and the fabric's keys, {@code .net}'s blocks of addresses, and the contracts' rings.
 */
@NullMarked
package io.llamamesh.agent.auth;

import org.jspecify.annotations.NullMarked;
