//! Generated from the contract's ABI at build time. For types and encoding only: calls go through [`crate::rpc`].

#![allow(missing_docs, clippy::all, clippy::pedantic, unreachable_pub)]

ethers::contract::abigen!(Chartkey, "../contracts/abi/Chartkey.json");

// OpenZeppelin's forwarder, what is used of it.
ethers::contract::abigen!(
    Forwarder,
    r"[
        struct ForwardRequestData { address from; address to; uint256 value; uint256 gas; uint48 deadline; bytes data; bytes signature; }
        function execute(ForwardRequestData request) external payable
        function nonces(address owner) external view returns (uint256)
    ]"
);
