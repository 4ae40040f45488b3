;; The loops over payloads, on vectors of 16 bytes. `pnpm kernels` compiles this file and writes the bytes of the module into
;; src/runtime/wasm-module.ts.
;;
;; xor: the transformation of RFC 6455 section 5.3 of [at, end) to [to, ...), which is the same range or does not overlap. The
;; key begins at `at`.
;;
;; valid: how far the bytes [at, end) are UTF-8 (RFC 3629) for certain. The answer is the beginning of a character: the first
;; one that is not whole in the vectors that were looked at, or one of the two before the vector with the first fault. The
;; tables are those of J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2020): three lookups,
;; by the halves of a byte and of the byte before it, leave a bit for each kind of fault that two bytes can show.
(module
  (import "host" "memory" (memory 1))
  (func (export "xor") (param $at i32) (param $end i32) (param $key i32) (param $to i32)
    (local $k v128) (local $last i32)
    (local.set $k (i32x4.splat (local.get $key)))
    (local.set $last (i32.sub (local.get $end) (i32.const 64)))
    (block $done (loop $l
      (br_if $done (i32.gt_s (local.get $at) (local.get $last)))
      (v128.store (local.get $to) (v128.xor (v128.load (local.get $at)) (local.get $k)))
      (v128.store offset=16 (local.get $to) (v128.xor (v128.load offset=16 (local.get $at)) (local.get $k)))
      (v128.store offset=32 (local.get $to) (v128.xor (v128.load offset=32 (local.get $at)) (local.get $k)))
      (v128.store offset=48 (local.get $to) (v128.xor (v128.load offset=48 (local.get $at)) (local.get $k)))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (local.set $to (i32.add (local.get $to) (i32.const 64)))
      (br $l)))
    (local.set $last (i32.sub (local.get $end) (i32.const 16)))
    (block $done1 (loop $l1
      (br_if $done1 (i32.gt_s (local.get $at) (local.get $last)))
      (v128.store (local.get $to) (v128.xor (v128.load (local.get $at)) (local.get $k)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br $l1)))
    (block $done2 (loop $l2
      (br_if $done2 (i32.ge_u (local.get $at) (local.get $end)))
      (i32.store8 (local.get $to) (i32.xor (i32.load8_u (local.get $at)) (local.get $key)))
      (local.set $key (i32.rotr (local.get $key) (i32.const 8)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br $l2))))
  (func (export "valid") (param $at i32) (param $end i32) (result i32)
    (local $p v128) (local $v v128) (local $p1 v128) (local $s v128) (local $start i32)
    (local.set $start (local.get $at))
    (block $done (loop $l
      (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
      (local.set $v (v128.load (local.get $at)))
      (if (i32.eqz (v128.any_true (v128.and (v128.or (local.get $v) (local.get $p)) (v128.const i32x4 0x80808080 0x80808080 0x80808080 0x80808080))))
        (then
          ;; ASCII in a row
          (block $out (loop $a
            (br_if $out (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
            (br_if $out (v128.any_true (v128.and (v128.const i32x4 0x80808080 0x80808080 0x80808080 0x80808080)
              (v128.or (v128.or (v128.load (local.get $at)) (v128.load offset=16 (local.get $at)))
                       (v128.or (v128.load offset=32 (local.get $at)) (v128.load offset=48 (local.get $at)))))))
            (local.set $at (i32.add (local.get $at) (i32.const 64)))
            (br $a)))
          (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
          (local.set $v (v128.load (local.get $at)))
          (local.set $p (v128.const i64x2 0 0))))
      (local.set $p1 (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 (local.get $p) (local.get $v)))
      (local.set $s (v128.and (v128.and
         (i8x16.swizzle (v128.const i8x16 2 2 2 2 2 2 2 2 0x80 0x80 0x80 0x80 0x21 0x01 0x15 0x49)
            (i8x16.shr_u (local.get $p1) (i32.const 4)))
         (i8x16.swizzle (v128.const i8x16 0xe7 0xa3 0x83 0x83 0x8b 0xcb 0xcb 0xcb 0xcb 0xcb 0xcb 0xcb 0xcb 0xdb 0xcb 0xcb)
            (v128.and (local.get $p1) (v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f))))
         (i8x16.swizzle (v128.const i8x16 1 1 1 1 1 1 1 1 0xe6 0xae 0xba 0xba 1 1 1 1)
            (i8x16.shr_u (local.get $v) (i32.const 4)))))
      (br_if $done (v128.any_true (v128.xor (local.get $s)
        (v128.and (v128.const i32x4 0x80808080 0x80808080 0x80808080 0x80808080)
          (v128.or
            (i8x16.sub_sat_u (i8x16.shuffle 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 (local.get $p) (local.get $v))
              (v128.const i32x4 0x60606060 0x60606060 0x60606060 0x60606060))
            (i8x16.sub_sat_u (i8x16.shuffle 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 (local.get $p) (local.get $v))
              (v128.const i32x4 0x70707070 0x70707070 0x70707070 0x70707070)))))))
      (local.set $p (local.get $v))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $l)))
    ;; back to where the last character begins that is not known to be whole
    (if (i32.gt_u (local.get $at) (local.get $start)) (then
      (if (i32.ge_u (i32.load8_u (i32.sub (local.get $at) (i32.const 1))) (i32.const 0xc0))
        (then (return (i32.sub (local.get $at) (i32.const 1)))))
      (if (i32.ge_u (i32.load8_u (i32.sub (local.get $at) (i32.const 2))) (i32.const 0xe0))
        (then (return (i32.sub (local.get $at) (i32.const 2)))))
      (if (i32.ge_u (i32.load8_u (i32.sub (local.get $at) (i32.const 3))) (i32.const 0xf0))
        (then (return (i32.sub (local.get $at) (i32.const 3)))))))
    (local.get $at))
)
